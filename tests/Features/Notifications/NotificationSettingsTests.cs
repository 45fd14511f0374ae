using Veza.Tests.Harness;
using static Veza.Tests.Features.Notifications.Pushes.PushStage;

namespace Veza.Tests.Features.Notifications;

/// <summary>What may be wished for, and that it is kept.</summary>
public sealed class NotificationSettingsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Settings_are_as_for_everybody_until_they_are_set_and_then_as_they_were_set()
    {
        var mira = await Actor.Register(server, "mira");
        var first = (await mira.Get("/api/v1/notifications/settings")).Is(200).Data;
        Assert.Equal("""{"rooms":"mentions","direct":"all","previews":true,"quiet_hours":null}""", first.GetRawText());
        var set = (
            await mira.Put(
                "/api/v1/notifications/settings",
                new
                {
                    Rooms = "all",
                    Direct = "mentions",
                    Previews = false,
                    QuietHours = new
                    {
                        Start = "22:00",
                        End = "07:30",
                        TimeZone = "Europe/Zagreb",
                    },
                }
            )
        ).Is(200).Data;
        const string all =
            """{"rooms":"all","direct":"mentions","previews":false,"quiet_hours":{"start":"22:00","end":"07:30","time_zone":"Europe/Zagreb"}}""";
        Assert.Equal(all, set.GetRawText());
        Assert.Equal(all, (await mira.Get("/api/v1/notifications/settings")).Is(200).Data.GetRawText());
        Assert.Equal(
            first.GetRawText(),
            (await mira.Put("/api/v1/notifications/settings", new { })).Is(200).Data.GetRawText()
        );
    }

    [Fact]
    public async Task What_cannot_be_wished_is_refused_field_by_field()
    {
        var mira = await server.Register("mira");
        Assert.Equal(
            ["rooms NOT_ALLOWED", "direct NOT_ALLOWED"],
            (await mira.Put("/api/v1/notifications/settings", new { Rooms = "some", Direct = "ALL" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["quiet_hours.start INVALID_FORMAT", "quiet_hours.end INVALID_FORMAT", "quiet_hours.time_zone UNKNOWN"],
            (
                await mira.Put(
                    "/api/v1/notifications/settings",
                    new { QuietHours = new { Start = "24:00", End = "7:30" } }
                )
            )
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        foreach (
            var zone in new[]
            {
                "Europe/Nowhere",
                "CET; drop",
                "europe/zagreb",
                "posix/Europe/Zagreb",
                "localtime",
                "+02:00",
                "",
            }
        )
            Assert.Equal(["quiet_hours.time_zone UNKNOWN"], (
                    await mira.Put(
                        "/api/v1/notifications/settings",
                        new
                        {
                            QuietHours = new
                            {
                                Start = "22:00",
                                End = "07:30",
                                TimeZone = zone,
                            },
                        }
                    )
                ).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.Equal(["quiet_hours.end NOT_ALLOWED"], (
                await mira.Put(
                    "/api/v1/notifications/settings",
                    new
                    {
                        QuietHours = new
                        {
                            Start = "22:00",
                            End = "22:00",
                            TimeZone = "UTC",
                        },
                    }
                )
            ).Is(422, "VALIDATION_ERROR").FieldErrors);
        foreach (var zone in new[] { "UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Etc/GMT+5" })
            (
                await mira.Put(
                    "/api/v1/notifications/settings",
                    new
                    {
                        QuietHours = new
                        {
                            Start = "22:00",
                            End = "07:30",
                            TimeZone = zone,
                        },
                    }
                )
            ).Is(200);
    }

    [Theory]
    // By day, over midnight, and where the clocks of Zagreb are put forward (2026-03-29, 02:00 to 03:00) and back
    // (2026-10-25, 03:00 to 02:00).
    [InlineData("12:00", "14:00", "UTC", "2026-06-01 11:59:59", null)]
    [InlineData("12:00", "14:00", "UTC", "2026-06-01 12:00:00", "2026-06-01 14:00:00")]
    [InlineData("12:00", "14:00", "UTC", "2026-06-01 14:00:00", null)]
    [InlineData("22:00", "07:30", "UTC", "2026-06-01 23:00:00", "2026-06-02 07:30:00")]
    [InlineData("22:00", "07:30", "UTC", "2026-06-02 03:00:00", "2026-06-02 07:30:00")]
    [InlineData("22:00", "07:30", "Europe/Zagreb", "2026-06-01 20:30:00", "2026-06-02 05:30:00")]
    [InlineData("22:00", "07:30", "Europe/Zagreb", "2026-06-01 19:30:00", null)]
    [InlineData("22:00", "07:30", "Europe/Zagreb", "2026-03-28 22:00:00", "2026-03-29 05:30:00")]
    [InlineData("22:00", "07:30", "Europe/Zagreb", "2026-10-24 22:00:00", "2026-10-25 06:30:00")]
    [InlineData("22:00", "02:30", "Europe/Zagreb", "2026-03-29 00:30:00", "2026-03-29 01:30:00")]
    [InlineData("22:00", "07:30", "Asia/Kathmandu", "2026-06-01 16:15:00", "2026-06-02 01:45:00")]
    public async Task Quiet_hours_are_by_the_clocks_of_the_place(
        string start,
        string end,
        string zone,
        string moment,
        string? until
    )
    {
        var sql = $"""
            select coalesce(to_char(quiet_end('{start}', '{end}', '{zone}', '{moment}+00') at time zone 'UTC',
              'YYYY-MM-DD HH24:MI:SS'), '')
            """;
        Assert.Equal(until ?? "", await server.Database.Scalar<string>(sql));
    }

    [Fact]
    public async Task Rooms_have_settings_of_their_own_for_members()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var (room, other) = (await Room(mira, davor), await Room(mira, davor));
        var set = (
            await davor.Put(
                $"/api/v1/notifications/rooms/{room}",
                new { Level = "all", MutedUntil = "2126-01-01T00:00:00.000Z" }
            )
        )
            .Is(200)
            .Data;
        Assert.Equal(
            (room, "all", "2126-01-01T00:00:00.000Z"),
            (set.GetProperty("room_id").GetGuid(), set.Text("level"), set.Text("muted_until"))
        );
        (
            await davor.Put(
                $"/api/v1/notifications/rooms/{other}",
                new { Level = (string?)null, MutedUntil = (string?)null }
            )
        ).Is(200);
        Assert.Equal(
            ["level NOT_ALLOWED"],
            (await davor.Put($"/api/v1/notifications/rooms/{room}", new { Level = "loud" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        var ilir = await Actor.Register(server, "ilir");
        (await ilir.Put($"/api/v1/notifications/rooms/{room}", new { Level = "all" })).Is(404, "ROOM_NOT_FOUND");

        var page = (await davor.Get("/api/v1/notifications/rooms?limit=1")).Is(200);
        Assert.Equal(other, Assert.Single(page.Data.EnumerateArray()).GetProperty("room_id").GetGuid());
        var next = (
            await davor.Get(
                $"/api/v1/notifications/rooms?limit=1&cursor={page.Json.GetProperty("meta").Text("next_cursor")}"
            )
        ).Is(200);
        Assert.Equal(room, Assert.Single(next.Data.EnumerateArray()).GetProperty("room_id").GetGuid());
        (await davor.Delete($"/api/v1/notifications/rooms/{room}")).Is(200);
        (await davor.Delete($"/api/v1/notifications/rooms/{room}")).Is(200);
        Assert.Single((await davor.Get("/api/v1/notifications/rooms")).Is(200).Data.EnumerateArray());
    }

    [Fact]
    public async Task Who_hears_everything_follows_from_wishes_and_memberships_in_whatever_order_they_come()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var (room, other) = (await Room(mira, davor), await Room(mira));
        await Wish(davor, rooms: "all");
        Assert.Equal([room], await Ears());
        (await davor.Put($"/api/v1/chat/rooms/{other}/members/me")).Is(200);
        Assert.Equal(new[] { room, other }.Order(), (await Ears()).Order());
        (await davor.Put($"/api/v1/notifications/rooms/{room}", new { Level = "mentions" })).Is(200);
        Assert.Equal([other], await Ears());
        await Wish(davor);
        Assert.Empty(await Ears());
        (await davor.Put($"/api/v1/notifications/rooms/{room}", new { Level = "all" })).Is(200);
        Assert.Equal([room], await Ears());
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        Assert.Empty(await Ears());
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        Assert.Equal([room], await Ears());

        async Task<Guid[]> Ears() =>
            [
                .. (
                    await server.Database.Column(
                        "select room_id from notification_subscription where account_id = $1",
                        davor.Id
                    )
                ).Select(Guid.Parse),
            ];
    }

    [Fact]
    public async Task Many_who_join_while_they_change_their_minds_hear_what_they_wish_in_the_end()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        for (var round = 0; round < 10; round++)
        {
            var room = await Room(mira);
            var level = round % 2 == 0 ? "all" : "mentions";
            await Task.WhenAll(
                Wish(davor, rooms: level),
                Task.Run(async () => (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200))
            );
            Assert.Equal(
                level == "all",
                await server.Database.Scalar<bool>(
                    "select exists (select 1 from notification_subscription where account_id = $1 and room_id = $2)",
                    davor.Id,
                    room
                )
            );
        }
    }
}
