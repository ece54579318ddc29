"""Prints ``DATABASE_URL=… REDIS_URL=…`` when both servers answer on their standard ports, else nothing."""

import getpass
import os

import psycopg
import redis


def postgres() -> str:
    """The address of a server on which we may make data bases."""
    password = os.environ.get("PGPASSWORD", "")
    for user in dict.fromkeys((os.environ.get("PGUSER", getpass.getuser()), "postgres")):
        url = f"postgresql://{user}{':' + password if password else ''}@127.0.0.1:5432/postgres"
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                row = connection.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return url
    return ""


def broker() -> str:
    url = "redis://127.0.0.1:6379/9"
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError:
        return ""
    return url


if (database := postgres()) and (queue := broker()):
    print(f"DATABASE_URL={database} REDIS_URL={queue}")
