"""The settings that tests run the service with."""

from lrs_bridge.settings import Settings

MASTER_KEY = "dGVzdHMgdXNlIHRoaXMga2V5IGFuZCBub2JvZHkgZWw="


def environ_for(database_url, data_dir, **more) -> dict[str, str]:
    """``LRS_BRIDGE_*`` variables for one database and data directory."""
    return {
        "LRS_BRIDGE_DATABASE_URL": database_url,
        "LRS_BRIDGE_DATA_DIR": str(data_dir),
        "LRS_BRIDGE_MASTER_KEY": MASTER_KEY,
        **{f"LRS_BRIDGE_{name}": value for name, value in more.items()},
    }


def settings_for(database_url, data_dir, **more) -> Settings:
    return Settings.from_environ(environ_for(database_url, data_dir, **more))
