using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

[module: CommandFactory<TimedCommandFactory<object>>]

namespace Veza.Infrastructure.Postgres;

/// <summary>Makes the commands of Dapper, so that each has an end.</summary>
internal abstract class TimedCommandFactory<T> : CommandFactory<T>
{
    public override DbCommand GetCommand(DbConnection connection, string sql, CommandType commandType, T args)
    {
        var made = base.GetCommand(connection, sql, commandType, args);
        return made is NpgsqlCommand command ? new TimedCommand(command) : made;
    }
}

/// <summary>
/// A command that ends after <see cref="SecondsMax"/> where its call names no timeout. Dapper.AOT gives a timeout of 0
/// there, whatever the connection's is, and to Npgsql that means to wait for ever: a PostgreSQL that is frozen would
/// hold whoever asks it.
/// </summary>
internal sealed class TimedCommand(NpgsqlCommand command) : DbCommand
{
    /// <summary>
    /// What upkeep of a large catalogue may take; what somebody waits for takes milliseconds, or names less.
    /// </summary>
    internal const int SecondsMax = 30;

    [AllowNull]
    public override string CommandText
    {
        get => command.CommandText;
        set => command.CommandText = value;
    }

    public override int CommandTimeout
    {
        get => command.CommandTimeout;
        set => command.CommandTimeout = value > 0 ? value : SecondsMax;
    }

    public override CommandType CommandType
    {
        get => command.CommandType;
        set => command.CommandType = value;
    }

    public override bool DesignTimeVisible
    {
        get => command.DesignTimeVisible;
        set => command.DesignTimeVisible = value;
    }

    public override UpdateRowSource UpdatedRowSource
    {
        get => command.UpdatedRowSource;
        set => command.UpdatedRowSource = value;
    }

    protected override DbConnection? DbConnection
    {
        get => command.Connection;
        set => command.Connection = (NpgsqlConnection?)value;
    }

    protected override DbTransaction? DbTransaction
    {
        get => command.Transaction;
        set => command.Transaction = (NpgsqlTransaction?)value;
    }

    protected override DbParameterCollection DbParameterCollection => command.Parameters;

    public override void Cancel() => command.Cancel();

    public override void Prepare() => command.Prepare();

    public override int ExecuteNonQuery() => command.ExecuteNonQuery();

    public override object? ExecuteScalar() => command.ExecuteScalar();

    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) =>
        command.ExecuteNonQueryAsync(cancellationToken);

    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) =>
        command.ExecuteScalarAsync(cancellationToken);

    protected override DbParameter CreateDbParameter() => command.CreateParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => command.ExecuteReader(behavior);

    protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(
        CommandBehavior behavior,
        CancellationToken cancellationToken
    ) => await command.ExecuteReaderAsync(behavior, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            command.Dispose();
        base.Dispose(disposing);
    }
}
