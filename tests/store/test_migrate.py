import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, ForeignKeyConstraint, inspect, text

from tocsin.domain.errors import StoreError
from tocsin.store import migrate
from tocsin.store.engine import open_engine, reading, writing
from tocsin.store.migrate import require_current, revision, upgrade
from tocsin.store.tables import metadata

# All that makes up a store, triggers included.
_CATALOG = {
    "sqlite": "SELECT name, sql FROM sqlite_master ORDER BY name",
    "postgresql": """SELECT relname, relfilenode::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger
        UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2""",
}


def test_the_migrations_make_exactly_the_declared_tables(engine: Engine) -> None:
    """Nobody edits tables.py and forgets the migration."""
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_the_revisions_are_those_that_alembic_finds(engine: Engine) -> None:
    """They are told by names of files, without loading Alembic, whenever a store is opened."""
    scripts = ScriptDirectory(str(migrate._SCRIPTS))
    assert [script.revision for script in scripts.walk_revisions()] == migrate._known()[::-1]
    with reading(engine) as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    assert (revision(engine).current, revision(engine).head) == (at, scripts.get_current_head())


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    """It may run at every start."""

    def everything() -> list[object]:
        with reading(engine) as connection:
            return list(connection.execute(text(_CATALOG[engine.dialect.name])))

    before = everything()
    assert len(before) > len(metadata.tables)
    assert upgrade(engine).up_to_date
    assert everything() == before


def test_a_store_may_be_upgraded_by_its_address(url: str) -> None:
    """A command line has an address and no engine."""
    assert upgrade(url).up_to_date


def test_an_empty_store_is_refused_with_what_to_do(url: str) -> None:
    """The first command that somebody runs on a new machine."""
    engine = open_engine(url)
    assert revision(engine).current is None
    with pytest.raises(StoreError, match=r"is empty.*run: tocsin db upgrade"):
        require_current(engine)
    engine.dispose()


def test_a_store_that_is_up_to_date_is_taken(engine: Engine) -> None:
    """No error, and the revision that is needed."""
    require_current(engine)
    assert revision(engine).up_to_date


def test_a_store_that_a_newer_tocsin_wrote_is_refused_and_left_alone(engine: Engine) -> None:
    """An old program must not write into tables that it does not know."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (require_current, upgrade):
        with pytest.raises(StoreError, match=r"revision 9999.*a newer one wrote it"):
            attempt(engine)
    assert revision(engine).current == "9999"


def test_tables_of_somebody_else_are_not_taken_over(url: str) -> None:
    """A migration that fails leaves everything as it was."""
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE fit (shoe_size INTEGER)"))
    with pytest.raises(StoreError, match="already exists"):
        upgrade(engine)
    with reading(engine) as connection:
        names = inspect(connection).get_table_names()
    assert names == ["fit"]
    engine.dispose()


def test_constraints_have_the_names_of_the_convention(engine: Engine) -> None:
    """A later migration drops them by name; the comparison above does not look at names of foreign keys."""
    found = inspect(engine)
    for table in metadata.sorted_tables:
        declared = {str(item.name) for item in table.constraints if isinstance(item, ForeignKeyConstraint)}
        assert {str(key["name"]) for key in found.get_foreign_keys(table.name)} == declared
        assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name
