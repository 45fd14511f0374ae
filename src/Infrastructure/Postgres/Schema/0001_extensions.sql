-- Both are trusted: the owner of the database may create them. Somebody with more rights may have done so before.
create extension if not exists pg_trgm;
create extension if not exists unaccent;
