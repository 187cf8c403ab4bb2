-- depends: 0032-log-compression
--
-- Messages are delivered twice, and a consumer whose commit is in doubt applies one again.

CREATE TABLE __reana.status_message (
    workflow_id uuid NOT NULL,
    message_id text NOT NULL,
    status_before text,
    status_after text,
    CONSTRAINT pk_status_message PRIMARY KEY (workflow_id, message_id),
    CONSTRAINT fk_status_message_workflow_id
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_) ON DELETE CASCADE,
    CONSTRAINT ck_status_message_message_id CHECK (length(message_id) BETWEEN 1 AND 255)
);

COMMENT ON TABLE __reana.status_message IS
'The messages about a run that were applied and have an id of their sender, so that none is applied twice. When a run ends, only the message that ended it stays.';
COMMENT ON COLUMN __reana.status_message.workflow_id IS
'The run that the message is about.';
COMMENT ON COLUMN __reana.status_message.message_id IS
'The id that the sender gave the message.';
COMMENT ON COLUMN __reana.status_message.status_before IS
'The status of the run before the message.';
COMMENT ON COLUMN __reana.status_message.status_after IS
'The status of the run after it.';
