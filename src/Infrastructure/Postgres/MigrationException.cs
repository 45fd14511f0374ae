namespace Veza.Infrastructure.Postgres;

/// <summary>The database cannot be brought to this program's schema; the message says by which migration.</summary>
internal sealed class MigrationException(string message, Exception? cause = null) : Exception(message, cause);
