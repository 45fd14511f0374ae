using System.Data.Common;
using Dapper;
using Veza.Infrastructure.Postgres;

[module: TypeHandler(typeof(PgValue<string[]>), typeof(PgValueWriter<string[]>))]
[module: TypeHandler(typeof(PgValue<Guid[]>), typeof(PgValueWriter<Guid[]>))]
[module: TypeHandler(typeof(PgValue<int[]>), typeof(PgValueWriter<int[]>))]
[module: TypeHandler(typeof(PgValue<long[]>), typeof(PgValueWriter<long[]>))]
[module: TypeHandler(typeof(PgValue<byte[]>), typeof(PgValueWriter<byte[]>))]

namespace Veza.Infrastructure.Postgres;

/// <summary>
/// A parameter that goes to Npgsql as it is. Every array and every byte[] among the parameters must be wrapped in it:
/// Dapper.AOT gives a bare one to ordinary Dapper's list expansion, and the native compiler then keeps, and cannot
/// trim, all of Dapper. A null goes in as <c>null!</c>: to Dapper.AOT a PgValue of byte[]? is another type, and nobody
/// writes it.
/// </summary>
internal readonly record struct PgValue<T>(T Value);

internal sealed class PgValueWriter<T> : DbValueHandler<PgValue<T>>
    where T : class
{
    protected override void SetValueCore(DbParameter parameter, PgValue<T> value) =>
        parameter.Value = value.Value ?? (object)DBNull.Value;

    protected override PgValue<T> Parse(object? value) =>
        throw new NotSupportedException("It is for parameters; a row's property is the bare type.");
}
