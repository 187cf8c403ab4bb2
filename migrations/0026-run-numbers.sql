-- depends: 0025-status-rules
--
-- Run numbers are assigned by the database, whoever inserts the run.
--
-- Creators of one name and owner wait for each other on an advisory lock until the transaction
-- ends; the statements of a trigger see what was committed meanwhile (in READ COMMITTED), which a
-- subquery of the INSERT would not.  Names do not wait for other names.

CREATE FUNCTION __reana.assign_run_number()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(
        hashtextextended(NEW.owner_id::text || '/' || NEW.name, 26)
    );

    IF NEW.run_number_major IS NOT NULL AND NEW.run_number_minor IS NOT NULL THEN
        RETURN NEW;
    END IF;

    IF NEW.restart IS TRUE THEN
        IF NEW.run_number_major IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'not_null_violation',
                MESSAGE = format('Restart %s does not say what it restarts.', NEW.id_),
                DETAIL = format('entity=workflow id=%s run_number_major=NULL', NEW.id_),
                HINT = 'Give run_number_major; run_number_minor is assigned.',
                SCHEMA = '__reana',
                TABLE = 'workflow',
                COLUMN = 'run_number_major';
        END IF;

        SELECT max(workflow.run_number_minor) + 1
        INTO NEW.run_number_minor
        FROM __reana.workflow
        WHERE
            workflow.owner_id = NEW.owner_id
            AND workflow.name = NEW.name
            AND workflow.run_number_major = NEW.run_number_major;

        IF NEW.run_number_minor IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'foreign_key_violation',
                MESSAGE = format('There is no run %s.%s to restart.',
                    NEW.name, NEW.run_number_major),
                DETAIL = format('entity=workflow id=%s owner=%s',
                    NEW.id_, NEW.owner_id),
                HINT = 'Restart a run that exists, or create one with restart = false.',
                SCHEMA = '__reana',
                TABLE = 'workflow',
                COLUMN = 'run_number_major';
        END IF;
        RETURN NEW;
    END IF;

    IF NEW.run_number_major IS NULL THEN
        -- A restart with minor 0 is left over from float numbers: its number is taken all the same.
        SELECT coalesce(max(workflow.run_number_major), 0) + 1
        INTO NEW.run_number_major
        FROM __reana.workflow
        WHERE
            workflow.owner_id = NEW.owner_id
            AND workflow.name = NEW.name
            AND (workflow.restart IS NOT TRUE OR workflow.run_number_minor = 0);
    END IF;
    NEW.run_number_minor := coalesce(NEW.run_number_minor, 0);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.assign_run_number() IS
'Assigns the run number of a new row that does not give it: the highest major of the owner and name plus 1, or for a restart the highest minor of its major plus 1.';

-- Services of earlier releases give numbers; they wait too, so that no number they have read and
-- not committed yet is assigned.  Imports of ended runs do not: a lock for each name of a whole
-- history would not fit into the lock table.
CREATE TRIGGER assign_run_number
BEFORE INSERT ON __reana.workflow
FOR EACH ROW
WHEN (
    NEW.run_number_major IS NULL
    OR NEW.run_number_minor IS NULL
    OR NEW.status = 'created'
)
EXECUTE FUNCTION __reana.assign_run_number();

COMMENT ON TRIGGER assign_run_number ON __reana.workflow IS
'Assigns the run number of a new run, serialised per owner and name.';
