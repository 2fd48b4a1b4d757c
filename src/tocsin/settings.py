"""Settings: one frozen object from the environment."""

from __future__ import annotations

import os
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from tocsin.domain.errors import InvalidInputError, Problem

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_PREFIX = "TOCSIN_"
_SECRETS = ("database_url", "ucdp_token", "acled_username", "acled_password", "smtp_password", "oidc_client_secret")


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from files, as containers are handed them: `TOCSIN_NAME_FILE` names the file that holds `TOCSIN_NAME`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 (inherited)
        variable = f"{_PREFIX}{field_name.upper()}"
        named = os.environ.get(f"{variable}_FILE")
        if field_name not in _SECRETS or named is None:
            return None, field_name, False
        if variable in os.environ:
            accepted = f"one of {variable} and {variable}_FILE, not both"
            raise InvalidInputError([Problem("environment", None, f"{variable}_FILE", repr(named), accepted)])
        try:
            return Path(named).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem("environment", None, f"{variable}_FILE", repr(named), "a text file that can be read")
            raise InvalidInputError([problem]) from error

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """Everything that the environment decides; the names there have the prefix `TOCSIN_`.

    Secrets may lie in a file instead, which `TOCSIN_<NAME>_FILE` names.

    Attributes:
        home: Folder for the store, the draws, the backups and the compile cache.
        database_url: Address of the store; a SQLite file in `home` where none is given. A secret.
        catalog: Folder that holds `models/` and `indicators/`; the shipped kit where none is given.
        compile_cache: Folder of compiled models; `cache/compile` in `home` where none is given.
        cores: Processors that sampling may use.
        fit_processes: Fits that may run at once, each in a process of its own.
        fit_deadline_seconds: After how many seconds a fit is given up.
        dask_scheduler: The Dask scheduler whose workers fit, such as tcp://scheduler:8786; processes of this machine
            where none is given.
        dask_ca: For tls://, the file of the authority that signed the certificates of the Dask cluster.
        dask_cert: The file of our certificate there.
        dask_key: The file of its key.
        fetch_private: Feeds may be fetched from this machine and from private networks.
        ucdp_token: Token for the UCDP API. A secret.
        acled_username: Name at ACLED. A secret.
        acled_password: Password at ACLED. A secret.
        smtp_host: The mail server that notices go out by, by the name that its certificate bears.
        smtp_port: Its port: 587 is usual for `starttls`, 465 for `tls`.
        smtp_security: TLS after STARTTLS (`starttls`), from the first byte on (`tls`), or `none`.
        smtp_user: What we sign in with at the mail server; nobody signs in where none is given.
        smtp_password: Password at the mail server. A secret.
        smtp_from: The address that notices come from.
        public_address: Where people reach the web process, such as https://tocsin.example; notices link to it.
        backups: Folder of backups; `backups` in `home` where none is given.
        backups_kept: How many nightly backups are kept.
        nightly_at: When each theater is fitted anew every night, on the theater's clocks, such as 02:30.
        refit_quiet_minutes: For how long nothing must have come in before a refit that is wanted begins.
        refit_at_most_minutes: After how long it begins although more keeps coming in.
        tick_seconds: How often a worker looks what is due.
        prepare_ahead: The web process simulates futures before somebody waits for them.
        lease_seconds: After how long without a sign of life a worker's runs are given to another.
        log_format: `console` for people, `json` for programs.
        log_level: The least serious events that are logged.
        host: The address that the web process listens on; TLS is a proxy's in front of it.
        port: The port that it listens on.
        trusted_proxies: Addresses or networks of proxies, with commas between, whose X-Forwarded headers are believed.
        body_mib: The largest body of a request, in MiB.
        import_mib: The largest body of an import, in MiB: its file, of 64 at most, and what goes with that.
        bodies_mib: How much of bodies is held at once, in MiB: no less than two of the largest, and half of it for one
            account or key.
        body_seconds: After how many seconds a body that has not come whole is given up.
        requests_per_minute: How many requests one account or key may make in any minute, of each process; 0 for no
            limit.
        address_requests_per_minute: How many an address may make in any minute by nobody known, of each process; 0
            for no limit.
        metrics_public: `/metrics` answers without a key.
        oidc_issuer: The identity provider whose people may sign in, by the address that stands in its tokens.
        oidc_client_id: What the identity provider calls Tocsin.
        oidc_client_secret: By what it knows Tocsin. A secret.
        oidc_redirect: The public address of `/api/v1/session/oidc/callback`.
        oidc_role_claim: The claim that holds somebody's groups.
        oidc_roles: Which role a group gives, such as watch=officer,desk=analyst.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("tocsin")))
    database_url: SecretStr | None = None
    catalog: Path | None = None
    compile_cache: Path | None = None
    cores: int = Field(default=2, ge=1, le=64)
    fit_processes: int = Field(default=1, ge=1, le=16)
    fit_deadline_seconds: float = Field(default=900.0, ge=1)
    dask_scheduler: str | None = Field(default=None, pattern=r"^(tcp|tls)://[^\s/]+:[0-9]+$")
    dask_ca: Path | None = None
    dask_cert: Path | None = None
    dask_key: Path | None = None
    fetch_private: bool = False
    ucdp_token: SecretStr | None = None
    acled_username: SecretStr | None = None
    acled_password: SecretStr | None = None
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    public_address: str | None = Field(default=None, pattern=r"^https?://[^\s?#]*[^\s?#/]$")
    backups: Path | None = None
    backups_kept: int = Field(default=14, ge=1)
    nightly_at: time = time(2, 30)
    refit_quiet_minutes: float = Field(default=10.0, ge=0)
    refit_at_most_minutes: float = Field(default=60.0, ge=0)
    tick_seconds: float = Field(default=5.0, ge=0.1, le=30)
    lease_seconds: float = Field(default=45.0, ge=1, le=3600)
    prepare_ahead: bool = True
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    host: str = "127.0.0.1"
    port: int = Field(default=8626, ge=0, le=65_535)
    trusted_proxies: str | None = None
    body_mib: float = Field(default=4.0, gt=0)
    import_mib: float = Field(default=66.0, gt=0)
    bodies_mib: float = Field(default=132.0, gt=0)
    body_seconds: float = Field(default=30.0, gt=0)
    requests_per_minute: int = Field(default=6000, ge=0)
    address_requests_per_minute: int = Field(default=600, ge=0)
    metrics_public: bool = False
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_redirect: str | None = None
    oidc_role_claim: str = Field(default="groups", min_length=1)
    oidc_roles: str | None = None

    @classmethod
    def settings_customise_sources(  # noqa: D102 (inherited)
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (settings come from the environment alone)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @property
    def store_url(self) -> str:
        """The address of the store."""
        return f"sqlite:///{self.store_file}" if self.database_url is None else self.database_url.get_secret_value()

    def credential(self, name: str) -> str:
        """A credential in plain text; empty where none is set, which its upstream refuses."""
        secret: SecretStr | None = getattr(self, name)
        return "" if secret is None else secret.get_secret_value()

    @property
    def store_file(self) -> Path | None:
        """The file of the store, where it is the SQLite file in `home`."""
        return self.home / "tocsin.db" if self.database_url is None else None

    @property
    def draws_folder(self) -> Path:
        """Where the draws of fits are kept."""
        return self.home / "fits"

    @property
    def backtests_folder(self) -> Path:
        """Where the results of backtests are kept."""
        return self.home / "backtests"

    @property
    def backup_folder(self) -> Path:
        """Where backups are kept."""
        return self.home / "backups" if self.backups is None else self.backups

    @property
    def cache_folder(self) -> Path:
        """Where compiled models are kept between runs."""
        return self.home / "cache" / "compile" if self.compile_cache is None else self.compile_cache


def read_settings() -> Settings:
    """The settings, or InvalidInputError that names each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            Problem(
                "environment",
                None,
                "TOCSIN_" + "_".join(str(part) for part in item["loc"]).upper() if item["loc"] else "TOCSIN_*",
                repr(item["input"]) if item["loc"] else "",
                item["msg"],
            )
            for item in error.errors()
        ]
        raise InvalidInputError(problems) from error
