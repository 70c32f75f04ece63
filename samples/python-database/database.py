"""Asks a database that is not there, through the client that PostgreSQL's own library is."""

import psycopg2

try:
    psycopg2.connect("host=127.0.0.1 port=1 user=reader")
except psycopg2.OperationalError as error:
    print("the database:", "refused" if "refused" in str(error) else error)
