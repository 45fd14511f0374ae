using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>Declines an invitation. The caller may be invited again.</summary>
internal sealed class DeclineInvite(PostgresSource postgres) : Slice<DeclineInvite.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/rooms/{id}/invites/me");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described("Decline an invitation", Nothing.Value, errors: ChatErrors.InviteNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            "delete from room_invite where room_id = @id and account_id = @UserId",
            new { id, Caller.UserId }
        );
        return gone == 0 ? ChatErrors.InviteNotFound : Answer<Nothing>.Of(Nothing.Value, "The invitation is declined");
    }
}
