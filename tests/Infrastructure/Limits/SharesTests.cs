using System.Net;
using System.Net.Sockets;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Limits;

/// <summary>
/// Over HTTP: whoever takes all that they can get of something that all share leaves the others theirs.
/// </summary>
public sealed class SharesTests
{
    private const int Flood = 30;

    /// <summary>Each may hold as much memory as a part of an object in a bucket.</summary>
    [Fact]
    public async Task Who_sends_files_into_a_room_slowly_sends_so_many_at_once_and_keeps_nobody_else_from_sending_one()
    {
        await using var server = await VezaServer.Start();
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var slow = new List<RawRequest>();
        var head = $"""
            POST /api/v1/chat/rooms/{talk.Room}/attachments HTTP/1.1
            Host: veza
            Authorization: Bearer {talk.Owner.AccessToken}
            Content-Type: multipart/form-data; boundary=b
            Content-Length: 100000

            --b
            Content-Disposition: form-data; name="file"; filename="slow.txt"


            """;
        try
        {
            for (var i = 0; i < Flood; i++)
            {
                slow.Add(await RawRequest.Open(server, head));
                // So much that the rest may take its minute.
                await slow[i].Send(new byte[60_000]);
            }

            await Eventually.True(
                "all are under way",
                async () => await server.Database.Scalar<long>("select count(*) from storage_claim") == Flood
            );
            (await AttachmentsTests.Upload(talk.Owner, talk.Room, "one-more.txt", "text"u8.ToArray())).Is(
                429,
                "TOO_MANY_ATTACHMENTS"
            );
            (await AttachmentsTests.Upload(talk.Guests[0], talk.Room, "other.txt", "text"u8.ToArray())).Is(201);
        }
        finally
        {
            foreach (var request in slow)
                request.Dispose();
        }

        // What was broken off is given back.
        await Eventually.True(
            "she has her share again",
            async () =>
                (await AttachmentsTests.Upload(talk.Owner, talk.Room, "again.txt", "text"u8.ToArray())).Status == 201
        );
    }

    [Fact]
    public async Task Who_sends_pictures_slowly_keeps_nobody_else_from_sending_one()
    {
        await using var server = await VezaServer.Start();
        var (mira, davor) = (await server.RegisterByHttp("mira"), await server.RegisterByHttp("davor"));
        var picture = await Pictures.Drawn("png", 64, 64);
        var slow = new List<RawRequest>();
        var head = $"""
            PUT /api/v1/users/me/avatar HTTP/1.1
            Host: veza
            Authorization: Bearer {mira.AccessToken}
            Content-Type: image/png
            Content-Length: 100000


            """;
        try
        {
            for (var i = 0; i < 16; i++)
            {
                slow.Add(await RawRequest.Open(server, head));
                // So much that the rest may take its minute.
                await slow[i].Send(new byte[60_000]);
            }

            // Four are waited for; those that are refused say so.
            var refusals = slow.Select(request => request.ReadUntil("PICTURES_BUSY")).ToList();
            for (var refusal = 0; refusal < 12; refusal++)
            {
                var heard = await Task.WhenAny(refusals);
                refusals.Remove(heard);
                await heard;
            }

            var refused = (await Avatar(mira)).Is(503, "PICTURES_BUSY");
            Assert.NotNull(refused.Header("Retry-After"));
            (await Avatar(davor)).Is(200);
        }
        finally
        {
            foreach (var request in slow)
                request.Dispose();
        }

        // What was broken off is given back.
        await Eventually.True("she has her share again", async () => (await Avatar(mira)).Status == 200);

        Task<Reply> Avatar(Actor who) => who.Send(HttpMethod.Put, "/api/v1/users/me/avatar", Pictures.Content(picture));
    }

    /// <summary>
    /// Ten tries at a name, from ten networks: the account's share is four of sixteen, and so is that of a name that
    /// nobody has.
    /// </summary>
    [Fact]
    public async Task A_full_share_does_not_tell_whether_there_is_an_account()
    {
        await using var server = await VezaServer.Start(
            ("VEZA__AUTH__BCRYPT_THREADS", "1"),
            ("VEZA__AUTH__BCRYPT_QUEUE_MAX", "15"),
            ("VEZA__HTTP__PROXIES", "127.0.0.1")
        );
        var mira = await server.RegisterByHttp("mira");
        foreach (var username in new[] { mira.Username, "nobody" })
        {
            var replies = await Task.WhenAll(
                Enumerable
                    .Range(0, 10)
                    .Select(i =>
                        server.Visitor.Post(
                            "/api/v1/auth/login",
                            new { Username = username, Password = "wrong one" },
                            ("X-Forwarded-For", $"10.{i}.0.1")
                        )
                    )
            );
            Assert.Contains(replies, reply => reply.ErrorCode == "SIGN_IN_BUSY");
        }
    }

    [Fact]
    public async Task A_flood_of_passwords_from_one_address_or_on_one_account_leaves_the_others_their_turn()
    {
        await using var server = await VezaServer.Start(
            ("VEZA__AUTH__BCRYPT_THREADS", "1"),
            ("VEZA__AUTH__BCRYPT_QUEUE_MAX", "7"),
            ("VEZA__HTTP__PROXIES", "127.0.0.1")
        );
        var (mira, davor) = (await server.RegisterByHttp("mira"), await server.RegisterByHttp("davor"));
        // Names that nobody has, from one address.
        await Beside(i => Login($"nobody{i}", "wrong one", "192.0.2.1"));
        // One account, from everywhere.
        await Beside(i => Login(mira.Username, "wrong one", $"10.{i}.0.1"));

        async Task Beside(Func<int, Task<Reply>> ask)
        {
            var flood = Enumerable.Range(0, Flood).Select(ask).ToArray();
            var early = flood.ToList();
            while (early.Count > 0)
            {
                var answered = await Task.WhenAny(early);
                early.Remove(answered);
                if ((await answered).Status == 503)
                    break;
            }

            // Somebody was refused: the flood has all that it may have.
            (await Login(davor.Username, Actor.Password, "198.51.100.7")).Is(200);
            Each.Of(
                (await Task.WhenAll(flood)).Where(reply => reply.Status == 503),
                reply => Assert.NotNull(reply.Is(503, "SIGN_IN_BUSY").Header("Retry-After"))
            );
        }

        Task<Reply> Login(string username, string password, string address) =>
            server.Visitor.Post(
                "/api/v1/auth/login",
                new { Username = username, Password = password },
                ("X-Forwarded-For", address)
            );
    }

    [Fact]
    public async Task Connections_of_one_address_leave_room_for_others()
    {
        await using var server = await VezaServer.Start(("VEZA__HTTP__CONNECTIONS_MAX", "16"));
        var idle = new List<RawRequest>();
        try
        {
            for (var i = 0; i < 24; i++)
            {
                try
                {
                    idle.Add(await RawRequest.Open(server, "GET /health/live HTTP/1.1\n"));
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    // Beyond the share a connection is cut, perhaps before a word could be sent on it.
                }
            }

            Assert.True(idle.Count >= 6, $"{idle.Count} connections were taken");
            using var elsewhere = new HttpClient(
                new SocketsHttpHandler
                {
                    ConnectCallback = async (context, ct) =>
                    {
                        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                        socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.1.1"), 0));
                        await socket.ConnectAsync(IPAddress.Loopback, server.Port, ct);
                        return new NetworkStream(socket, ownsSocket: true);
                    },
                }
            );
            Assert.Equal(
                HttpStatusCode.OK,
                (await elsewhere.GetAsync(new Uri($"{server.Address}/health/live"))).StatusCode
            );
        }
        finally
        {
            foreach (var request in idle)
                request.Dispose();
        }

        await Eventually.True(
            "the address has its share again",
            async () =>
            {
                try
                {
                    return (await server.Visitor.Get("/health/live")).Status == 200;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }
        );
    }
}
