-- depends: 0022-comments
--
-- What a site decides for its database, where triggers can read it.  A row that is missing stands
-- for its default, the first value of its line in the check.

CREATE TABLE __reana.setting (
    name text NOT NULL,
    value text NOT NULL,
    updated timestamp without time zone
    DEFAULT (clock_timestamp() AT TIME ZONE 'UTC') NOT NULL,
    CONSTRAINT pk_setting PRIMARY KEY (name),
    CONSTRAINT ck_setting_value CHECK (
        CASE name
            WHEN 'status_mode' THEN value IN ('enforce', 'keep', 'observe')
            WHEN 'termination_quota_update_policy' THEN value IN ('', 'cpu', 'disk', 'cpu,disk')
            WHEN 'secrets_form' THEN value IN ('compatible', 'sealed')
            ELSE FALSE
        END
    )
);

INSERT INTO __reana.setting (name, value)
VALUES
('status_mode', 'enforce'),
(
    'termination_quota_update_policy',
    -- REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY of whoever migrates
    coalesce(current_setting('reana_db.termination_quota_update_policy', TRUE), '')
),
('secrets_form', 'compatible');

COMMENT ON TABLE __reana.setting IS
'What a site decides for this database; the command "reana-db settings" lists and changes it.';
COMMENT ON COLUMN __reana.setting.name IS
'status_mode, termination_quota_update_policy or secrets_form.';
COMMENT ON COLUMN __reana.setting.value IS
'status_mode: enforce, keep or observe. termination_quota_update_policy: empty, cpu, disk or cpu,disk. secrets_form: compatible or sealed.';
COMMENT ON COLUMN __reana.setting.updated IS
'When it was last changed (UTC).';
