using System.Buffers.Binary;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// Marks a route whose calls cost no budget: health checks, and segments, which a player asks for as fast as the
/// listener skips.
/// </summary>
internal sealed record Unmetered;

/// <summary>
/// Counts requests for each address before anything is done for them, and for each signed-in caller after; every answer
/// says how the budgets stand.
/// </summary>
internal sealed class RequestLimits(Settings settings, TimeProvider clock)
{
    internal const string StateHeader = "RateLimit",
        PolicyHeader = "RateLimit-Policy";
    private readonly RequestBudget addresses = new(settings.Limits.RequestsPerAddress, clock),
        callers = new(settings.Limits.RequestsPerCaller, clock);
    private readonly string addressPolicy = Policy("address", settings.Limits.RequestsPerAddress),
        callerPolicy = Policy("caller", settings.Limits.RequestsPerCaller);

    internal static Task CountAddress(HttpContext context, RequestDelegate next)
    {
        var budgets = context.RequestServices.GetRequiredService<RequestLimits>();
        if (!budgets.addresses.IsOn || !IsMetered(context))
            return next(context);
        return Take(
                context,
                budgets.addresses,
                "address",
                budgets.addressPolicy,
                ClientAddress.UnitOf(ClientAddress.Of(context))
            ) ?? next(context);
    }

    internal static Task CountCaller(HttpContext context, RequestDelegate next)
    {
        var budgets = context.RequestServices.GetRequiredService<RequestLimits>();
        if (!budgets.callers.IsOn || context.Features.Get<Caller>() is not { } caller || !IsMetered(context))
            return next(context);
        return Take(context, budgets.callers, "caller", budgets.callerPolicy, KeyOf(caller.UserId)) ?? next(context);
    }

    /// <summary>Writes the headers of draft-ietf-httpapi-ratelimit-headers; the refusal, if it is one.</summary>
    private static Task? Take(HttpContext context, RequestBudget budget, string name, string policy, UInt128 key)
    {
        var state = budget.Take(key);
        var headers = context.Response.Headers;
        var text = $"\"{name}\";r={state.Left};t={state.WholeAfterS}";
        headers[StateHeader] = headers[StateHeader] is { Count: > 0 } earlier ? $"{earlier}, {text}" : text;
        headers[PolicyHeader] = headers[PolicyHeader] is { Count: > 0 } before ? $"{before}, {policy}" : policy;
        return state.RetryAfterS == 0
            ? null
            : ErrorWriter.Write(context, Errors.RateLimited with { RetryAfterS = state.RetryAfterS });
    }

    private static bool IsMetered(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Unmetered>() is null;

    private static string Policy(string name, int perMinute) => $"\"{name}\";q={perMinute};w={RequestBudget.WindowS}";

    private static UInt128 KeyOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }
}
