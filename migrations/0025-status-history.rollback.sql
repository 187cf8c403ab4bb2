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

CREATE OR REPLACE FUNCTION __reana.guard_status()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
BEGIN
    IF OLD.status IS NULL THEN
        RETURN NEW; -- rows of old releases: there is nothing to guard
    END IF;

    PERFORM
    FROM __reana.status_transition AS rule
    WHERE
        rule.entity OPERATOR(pg_catalog.=) TG_ARGV[0]
        AND rule.from_status OPERATOR(pg_catalog.=) OLD.status::pg_catalog.text
        AND rule.to_status OPERATOR(pg_catalog.=) NEW.status::pg_catalog.text;

    IF NOT FOUND AND __reana.status_rules_enforced() THEN
        PERFORM __reana.refuse_transition(
            TG_ARGV[0],
            OLD.id_,
            OLD.status::pg_catalog.text,
            NEW.status::pg_catalog.text
        );
    END IF;

    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.guard_status() IS
'Refuses a status that may not follow. It runs with the rights of its owner, so that roles that may change a run need no rights on the rules.';

DROP TABLE __reana.status_history;
