using System.Globalization;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;

namespace Veza.Features.Notifications;

/// <summary>
/// From one hour of the day to another, by the clocks of a time zone; over midnight when it ends before it starts.
/// </summary>
internal sealed record QuietHours(string? Start, string? End, string? TimeZone);

/// <summary>
/// What a person wants to be told of: <c>all</c>, <c>mentions</c> or <c>none</c> of rooms and of direct conversations;
/// whether pushes say what is in the message.
/// </summary>
internal sealed record NotificationSettings(string? Rooms, string? Direct, bool? Previews, QuietHours? QuietHours)
{
    internal const string Rooms1st = "mentions",
        Direct1st = "all";

    internal static readonly NotificationSettings Example = new(
        Rooms1st,
        Direct1st,
        true,
        new QuietHours("22:00", "07:30", "Europe/Zagreb")
    );

    internal static bool IsLevel(string level) => level is "all" or "mentions" or "none";
}

/// <summary>A person's wishes as the table has them; what nobody has set is as it is for everybody.</summary>
internal sealed record NotificationSettingsRow(
    string Rooms,
    string Direct,
    bool Previews,
    string? QuietFrom,
    string? QuietUntil,
    string? TimeZone
)
{
    internal NotificationSettings ToWishes() =>
        new(Rooms, Direct, Previews, QuietFrom is null ? null : new QuietHours(QuietFrom, QuietUntil, TimeZone));

    internal static async Task<NotificationSettings> Of(NpgsqlConnection db, Guid userId)
    {
        var row = await db.QuerySingleOrDefaultAsync<NotificationSettingsRow>(
            """
            select rooms, direct, previews, to_char(quiet_from, 'HH24:MI') as quiet_from,
              to_char(quiet_until, 'HH24:MI') as quiet_until, time_zone
              from notification_setting where account_id = @userId
            """,
            new { userId }
        );
        return row?.ToWishes()
            ?? new NotificationSettings(NotificationSettings.Rooms1st, NotificationSettings.Direct1st, true, null);
    }
}

/// <summary>What may be wished.</summary>
internal static class NotificationSettingsRules
{
    private const string Form = "HH:mm";
    private const int ZoneCharsMax = 64;

    internal static FieldError[] Faults(NotificationSettings wishes)
    {
        var faults = new List<FieldError>();
        foreach (var (field, level) in new[] { ("rooms", wishes.Rooms), ("direct", wishes.Direct) })
            if (level is not null && !NotificationSettings.IsLevel(level))
                faults.Add(new FieldError(field, "NOT_ALLOWED", $"{field} is all, mentions or none"));
        if (wishes.QuietHours is not { } quiet)
            return [.. faults];
        foreach (var (field, time) in new[] { ("quiet_hours.start", quiet.Start), ("quiet_hours.end", quiet.End) })
            if (!TimeOnly.TryParseExact(time, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                faults.Add(new FieldError(field, "INVALID_FORMAT", $"{field} is a time such as 22:00"));
        if (faults.Count == 0 && quiet.Start == quiet.End)
            faults.Add(
                new FieldError(
                    "quiet_hours.end",
                    "NOT_ALLOWED",
                    "Quiet hours end at another time than they start; to be told of nothing set the levels to none"
                )
            );
        if (quiet.TimeZone is null or { Length: 0 or > ZoneCharsMax })
            faults.Add(ZoneUnknown);
        return [.. faults];
    }

    /// <summary>
    /// PostgreSQL knows the zones, and counts by them: a container of this program need not have them.
    /// </summary>
    internal static async Task<bool> Knows(NpgsqlConnection db, string zone) =>
        await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from pg_timezone_names where name = @zone and name ~ '^[A-Z][A-Za-z0-9_+/-]*$')",
            new { zone }
        );

    internal static readonly FieldError ZoneUnknown = new(
        "quiet_hours.time_zone",
        "UNKNOWN",
        "time_zone is a name of the IANA database, such as Europe/Zagreb"
    );
}

[JsonSerializable(typeof(NotificationSettings))]
[JsonSerializable(typeof(Envelope<NotificationSettings>))]
internal sealed partial class NotificationSettingsJson : JsonSerializerContext;
