using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth;

/// <summary>
/// The caller's sessions, the newest first: those that are open, and those that ended in the last 30 days, with the
/// cause. A session that ended because a spent refresh token came back says who brought it.
/// </summary>
internal sealed class ListSessions(PostgresSource postgres) : Slice<ListSessions.Response[]>
{
    private const int ShownMax = 100,
        EndedShownDays = 30;

    internal sealed record Ending(DateTime At, string Reason, string? Ip, string? Device);

    internal new sealed record Response(
        Guid Id,
        string Device,
        string? Ip,
        string[] Methods,
        DateTime CreatedAt,
        DateTime LastSeenAt,
        DateTime ExpiresAt,
        bool Current,
        Ending? Ended
    );

    internal sealed record Row(
        Guid Id,
        string Device,
        string? Ip,
        string[] Methods,
        DateTime CreatedAt,
        DateTime LastSeenAt,
        DateTime ExpiresAt,
        DateTime? EndedAt,
        string? EndReason,
        string? ReuseIp,
        string? ReuseDevice
    );

    private static readonly Response[] Example =
    [
        new(
            Guid.Parse("019b0c5f-1111-7c11-9d3e-5f0d4c1a2b3c"),
            "Mozilla/5.0 (X11; Linux x86_64)",
            "192.0.2.7",
            [SignIn.Password],
            Account.Example.CreatedAt,
            Account.Example.CreatedAt,
            Account.Example.CreatedAt.AddDays(30),
            true,
            null
        ),
        new(
            Guid.Parse("019b0c5f-2222-7c11-9d3e-5f0d4c1a2b3c"),
            "veza-mobile/1.4",
            "192.0.2.7",
            [SignIn.Password],
            Account.Example.CreatedAt,
            Account.Example.CreatedAt,
            Account.Example.CreatedAt.AddDays(30),
            false,
            new Ending(Account.Example.CreatedAt.AddHours(1), "refresh_token_reused", "198.51.100.23", "curl/8.5.0")
        ),
    ];

    public override void Configure()
    {
        Get("/sessions");
        Group<AuthGroup>();
        Description(route => route.Requires(AccountRead).Described("List your sessions", Example));
    }

    protected override async Task<Answer<Response[]>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Row>(
            """
            (select id, device, host(ip) as ip, methods, created_at, last_seen_at, expires_at, ended_at, end_reason,
              host(reuse_ip) as reuse_ip, reuse_device
               from session where account_id = @UserId and ended_at is null and expires_at > now()
                order by created_at desc limit @ShownMax)
            union all
            (select id, device, host(ip) as ip, methods, created_at, last_seen_at, expires_at, ended_at, end_reason,
              host(reuse_ip) as reuse_ip, reuse_device
               from session where account_id = @UserId and ended_at > now() - make_interval(days => @EndedShownDays)
                order by ended_at desc limit @ShownMax)
            """,
            new
            {
                Caller.UserId,
                ShownMax,
                EndedShownDays,
            }
        );
        return rows.Select(r => new Response(
                r.Id,
                r.Device,
                r.Ip,
                r.Methods,
                r.CreatedAt,
                r.LastSeenAt,
                r.ExpiresAt,
                r.Id == Caller.SessionId,
                r.EndedAt is { } at ? new Ending(at, r.EndReason ?? "", r.ReuseIp, r.ReuseDevice) : null
            ))
            .ToArray();
    }
}

[JsonSerializable(typeof(Envelope<ListSessions.Response[]>))]
internal sealed partial class ListSessionsJson : JsonSerializerContext;
