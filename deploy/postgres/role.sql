-- Run once, when the database's volume is empty: a role that owns its database and may do nothing else.
\getenv password ROLE_PASSWORD
CREATE ROLE cameo LOGIN PASSWORD :'password';
CREATE DATABASE cameo OWNER cameo ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE cameo FROM PUBLIC;
