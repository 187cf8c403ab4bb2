DROP VIEW reana.run_history;
DROP SCHEMA reana;

DROP TRIGGER record_deletion ON __reana.workflow;
DROP TRIGGER record_first_status ON __reana.workflow;
DROP TRIGGER record_deletion ON __reana.job;
DROP TRIGGER record_first_status ON __reana.job;
DROP TRIGGER record_deletion ON __reana.interactive_session;
DROP TRIGGER record_first_status ON __reana.interactive_session;
DROP TRIGGER record_deletion ON __reana.service;
DROP TRIGGER record_first_status ON __reana.service;
DROP TRIGGER record_deletion ON __reana.workspace_retention_rule;
DROP TRIGGER record_first_status ON __reana.workspace_retention_rule;

DROP FUNCTION __reana.record_status();

CREATE OR REPLACE FUNCTION __reana.judge_status(p_entity text, p_id uuid, p_from text, p_to text)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_from IS NULL THEN
        RETURN TRUE; -- rows of old releases: there is nothing to guard
    END IF;

    PERFORM
    FROM __reana.status_transition AS rule
    WHERE
        rule.entity OPERATOR(pg_catalog.=) p_entity
        AND rule.from_status OPERATOR(pg_catalog.=) p_from
        AND rule.to_status OPERATOR(pg_catalog.=) p_to;

    RETURN FOUND OR NOT __reana.status_rules_enforced();
END
$$;

COMMENT ON FUNCTION __reana.judge_status(text, uuid, text, text) IS
'Tells whether a change of a status is accepted: the rules allow it or are not enforced.';

DROP TABLE __reana.status_history;
