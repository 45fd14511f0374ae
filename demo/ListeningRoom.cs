using System.Text.Json.Nodes;

namespace Veza.Demo;

/// <summary>
/// The public room of the demo and what is said in it. Each message has a client_id of its own, so that it is posted
/// once for all time.
/// </summary>
internal static class ListeningRoom
{
    private const string Name = "Listening room";
    private const string Topic = "What is playing tonight";

    private static readonly (string By, string ClientId, string Content)[] Conversation =
    [
        (
            "ana",
            "5eed0000-0000-4000-8000-000000000001",
            "Evening. I put up Letters from the Coast, the take with the window open. You can hear the room, I "
                + "like that."
        ),
        (
            "ilir",
            "5eed0000-0000-4000-8000-000000000002",
            "The minute the strings come in... leave them exactly that quiet."
        ),
        (
            "sunniva",
            "5eed0000-0000-4000-8000-000000000003",
            "Headphones on. The low G at the end rings for ages, don't you dare fade it earlier."
        ),
        (
            "ana",
            "5eed0000-0000-4000-8000-000000000004",
            "Deal. Ilir, is Seven Steps really in seven, or am I counting wrong again?"
        ),
        (
            "ilir",
            "5eed0000-0000-4000-8000-000000000005",
            "3+2+2. Long, short, short. If you count you have lost already, just walk."
        ),
        ("sunniva", "5eed0000-0000-4000-8000-000000000006", "I walked. My neighbour downstairs counted."),
        (
            "sunniva",
            "5eed0000-0000-4000-8000-000000000007",
            "Mine is Fjord Before Light, best after midnight. The sea on it is noise and a slow filter, no "
                + "microphone got wet."
        ),
        (
            "ana",
            "5eed0000-0000-4000-8000-000000000008",
            "Then we end with it. Harbour Lights first, for those who still want to dance."
        ),
    ];

    public static async Task Furnish(VezaApi api, Person[] people, CancellationToken ct)
    {
        Person host = people[0];
        string room = await Find(api, host, ct) ?? await Open(api, host, ct);
        foreach (Person person in people)
            await api.Put($"/api/v1/chat/rooms/{room}/members/me", person, ct);

        foreach ((string by, string clientId, string content) in Conversation)
        {
            Person author = people.Single(p => p.Username == by);
            await api.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                author,
                new JsonObject { ["client_id"] = clientId, ["content"] = content },
                ct
            );
        }

        Console.WriteLine($"They are in the room \"{Name}\" ({room}), {Conversation.Length} messages are there");
    }

    private static async Task<string?> Find(VezaApi api, Person host, CancellationToken ct)
    {
        JsonNode? room = (await api.GetAll("/api/v1/chat/rooms", host, ct)).Find(r =>
            VezaApi.Text(r, "name") == Name && VezaApi.Text(r, "visibility") == "public"
        );
        return room is null ? null : VezaApi.Text(room, "id");
    }

    private static async Task<string> Open(VezaApi api, Person host, CancellationToken ct)
    {
        JsonNode? room = await api.Post(
            "/api/v1/chat/rooms",
            host,
            new JsonObject
            {
                ["name"] = Name,
                ["topic"] = Topic,
                ["visibility"] = "public",
            },
            ct
        );
        return VezaApi.Text(room, "id");
    }
}
