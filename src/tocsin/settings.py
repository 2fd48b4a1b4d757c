"""Settings: one frozen object from the environment."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tocsin.domain.errors import InvalidInputError, Problem


class Settings(BaseSettings):
    """Everything that the environment decides; the names there have the prefix `TOCSIN_`.

    Attributes:
        home: Folder for the store, the draws and the compile cache.
        database_url: Address of the store; a SQLite file in `home` where none is given.
        database_url_file: File that holds the address, for a secret; takes the place of `database_url`.
        catalog: Folder that holds `models/` and `indicators/`; the shipped kit where none is given.
        compile_cache: Folder of compiled models; `cache/compile` in `home` where none is given.
        cores: Processors that sampling may use.
    """

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("tocsin")))
    database_url: SecretStr | None = None
    database_url_file: Path | None = None
    catalog: Path | None = None
    compile_cache: Path | None = None
    cores: int = Field(default=2, ge=1, le=64)

    @model_validator(mode="after")
    def _one_address(self) -> Settings:
        if self.database_url is not None and self.database_url_file is not None:
            message = "set one of TOCSIN_DATABASE_URL and TOCSIN_DATABASE_URL_FILE, not both"
            raise ValueError(message)
        if self.database_url_file is not None and not self.database_url_file.is_file():
            message = f"TOCSIN_DATABASE_URL_FILE is {str(self.database_url_file)!r}; accepted: a file that can be read"
            raise ValueError(message)
        return self

    @property
    def store_url(self) -> str:
        """The address of the store."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if self.database_url_file is not None:
            return self.database_url_file.read_text(encoding="utf-8").strip()
        return f"sqlite:///{self.store_file}"

    @property
    def store_file(self) -> Path | None:
        """The file of the store, where it is the SQLite file in `home`."""
        given = self.database_url is not None or self.database_url_file is not None
        return None if given else self.home / "tocsin.db"

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
