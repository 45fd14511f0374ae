using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>Who gets a socket: the handshake, the origins and the limits.</summary>
public sealed class HandshakeTests(HandshakeTests.Stage stage) : IClassFixture<HandshakeTests.Stage>
{
    public sealed class Stage : IAsyncLifetime
    {
        internal VezaServer Server { get; private set; } = null!;

        internal Actor Mira { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await VezaServer.Start(
                ("VEZA__PUBLIC_URL", "https://veza.example"),
                ("VEZA__HTTP__ORIGINS", "https://app.example.org, http://localhost:3000"),
                ("VEZA__SOCKETS__PERSON_MAX", "2"),
                ("VEZA__SOCKETS__NODE_MAX", "3")
            );
            Mira = await Actor.Register(Server, "mira");
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    [Theory]
    [InlineData("426 UPGRADE_REQUIRED", "Upgrade", null)]
    [InlineData("426 UPGRADE_REQUIRED", "Upgrade", "h2c")]
    [InlineData("426 UPGRADE_REQUIRED", "Connection", "keep-alive")]
    [InlineData("426 UPGRADE_REQUIRED", "Sec-WebSocket-Version", null)]
    [InlineData("426 UPGRADE_REQUIRED", "Sec-WebSocket-Version", "8")]
    [InlineData("426 UPGRADE_REQUIRED", "Sec-WebSocket-Version", "13, 8")]
    [InlineData("400 BAD_REQUEST", "Sec-WebSocket-Key", null)]
    [InlineData("400 BAD_REQUEST", "Sec-WebSocket-Key", "c2hvcnQ=")]
    [InlineData("400 BAD_REQUEST", "Sec-WebSocket-Key", "this is no base64, is it")]
    [InlineData("400 BAD_REQUEST", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==")]
    [InlineData("400 SUBPROTOCOL_MISSING", "Sec-WebSocket-Protocol", null)]
    [InlineData("400 SUBPROTOCOL_MISSING", "Sec-WebSocket-Protocol", "veza.chat.v2, chat")]
    [InlineData("401 UNAUTHENTICATED", "Authorization", null)]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "null")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "https://evil.example")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "http://veza.example")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "https://veza.example.evil.example")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "https://evil.veza.example")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "https://veza.example:8443")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "https://veza.example, https://evil.example")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "http://localhost:3001")]
    [InlineData("403 ORIGIN_REFUSED", "Origin", "file://")]
    public async Task A_handshake_that_is_not_ours_is_refused(string answer, string header, string? value)
    {
        var head = await RawSocket.Refused(stage.Server, stage.Mira.AccessToken, (header, value));
        Assert.StartsWith($"HTTP/1.1 {answer.Split(' ')[0]} ", head, StringComparison.Ordinal);
        if (head.StartsWith("HTTP/1.1 426", StringComparison.Ordinal))
            Assert.Contains("Sec-WebSocket-Version: 13\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upgrade", "WebSocket")]
    [InlineData("Connection", "keep-alive, Upgrade")]
    [InlineData("Sec-WebSocket-Protocol", "chat, veza.chat.v1")]
    [InlineData("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")]
    [InlineData("Origin", "https://veza.example")]
    [InlineData("Origin", "https://app.example.org")]
    [InlineData("Origin", "http://localhost:3000")]
    public async Task A_handshake_of_ours_is_taken(string header, string value)
    {
        var head = await Eventually.Get(
            "a place",
            async () =>
                await RawSocket.Refused(stage.Server, stage.Mira.AccessToken, (header, value)) is var said
                && said.StartsWith("HTTP/1.1 429", StringComparison.Ordinal)
                    ? null
                    : said
        );
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task One_person_and_one_process_have_so_many_sockets_and_a_closed_one_makes_room()
    {
        var (davor, lena) = (await Actor.Register(stage.Server, "davor"), await Actor.Register(stage.Server, "lena"));
        await Eventually.True(
            "the others' sockets are gone",
            async () =>
                (await RawSocket.Refused(stage.Server, lena.AccessToken)).StartsWith(
                    "HTTP/1.1 101",
                    StringComparison.Ordinal
                )
        );
        using (var first = await Opened(davor))
        using (var second = await Opened(davor))
        {
            var head = await RawSocket.Refused(stage.Server, davor.AccessToken);
            Assert.StartsWith("HTTP/1.1 429 ", head, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 30\r\n", head, StringComparison.Ordinal);
            using var third = await Opened(lena);
            head = await RawSocket.Refused(stage.Server, lena.AccessToken);
            Assert.StartsWith("HTTP/1.1 503 ", head, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 5\r\n", head, StringComparison.Ordinal);
        }

        using var again = await Opened(davor);
    }

    /// <summary>More of them than there are places: one that kept its place would be one too many.</summary>
    [Fact]
    public async Task Who_goes_as_soon_as_the_handshake_is_sent_keeps_no_place()
    {
        var vesna = await Actor.Register(stage.Server, "vesna");
        for (var i = 0; i < 60; i++)
            await RawSocket.Rush(vesna.Server, vesna.AccessToken, TimeSpan.FromMilliseconds(i % 3));
        using (var first = await Opened(vesna))
        {
            using var second = await Opened(vesna);
        }
    }

    private static Task<RawSocket> Opened(Actor person) =>
        Eventually.Get(
            "a socket",
            async () =>
                (await RawSocket.Refused(person.Server, person.AccessToken)).StartsWith(
                    "HTTP/1.1 101",
                    StringComparison.Ordinal
                )
                    ? await Try(person)
                    : null
        );

    private static async Task<RawSocket?> Try(Actor person)
    {
        try
        {
            return await RawSocket.Open(person);
        }
        catch (Xunit.Sdk.StartsWithException)
        {
            // The socket before is not counted out yet.
            return null;
        }
    }
}
