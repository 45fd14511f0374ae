using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Veza.Demo;

/// <summary>
/// The five tracks: sent unless their people have them already, then watched until they can be played.
/// </summary>
internal static class Uploads
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(700);

    public static async Task SendMissing(VezaApi api, Person[] people, DirectoryInfo output, CancellationToken ct)
    {
        foreach (Person person in people)
        {
            HashSet<string> there = [.. (await Tracks(api, person, ct)).Select(track => VezaApi.Text(track, "title"))];
            foreach (Credits song in Songs(person).Where(song => !there.Contains(song.Title)))
            {
                await api.Post("/api/v1/tracks", person, () => Form(song, SongFiles.In(output, song)), ct);
                Console.WriteLine($"{person.Username} uploaded \"{song.Title}\" ({song.FileName})");
            }
        }
    }

    /// <exception cref="SeedFailure">A track failed, or the time is up.</exception>
    public static async Task AwaitReady(VezaApi api, Person[] people, TimeSpan within, CancellationToken ct)
    {
        DateTime until = DateTime.UtcNow + within;
        var progress = new ProgressLine();
        while (true)
        {
            var words = new List<string>();
            var failures = new List<string>();
            int ready = 0;
            foreach (Person person in people)
            {
                List<JsonNode> tracks = await Tracks(api, person, ct);
                foreach (Credits song in Songs(person))
                {
                    JsonNode? track = tracks.Find(t => VezaApi.Text(t, "title") == song.Title);
                    string status = track is null ? "gone" : VezaApi.Text(track, "status");
                    JsonNode? why = track?["failure"];
                    if (status == "ready")
                        ready++;
                    else
                        words.Add($"{song.Slug} {(status == "processing" ? Percent(track) : status)}");
                    if (status is "failed" or "gone")
                        failures.Add(
                            $"\"{song.Title}\" of {person.Username} {status}: {why?["code"]} {why?["message"]} (track {track?["id"]})"
                        );
                }
            }

            progress.Show(
                $"{ready} of {ready + words.Count} tracks are ready{(words.Count > 0 ? ": " : "")}{string.Join(", ", words)}"
            );
            if (failures.Count > 0 || words.Count == 0 || DateTime.UtcNow > until)
            {
                progress.End();
                if (failures.Count > 0)
                    throw new SeedFailure(
                        $"{string.Join('\n', failures)}\nDelete the track (DELETE /api/v1/tracks/ID) when its "
                            + $"cause is gone, and seed again."
                    );

                if (words.Count > 0)
                    throw new SeedFailure(
                        $"{words.Count} tracks are not ready after {within.TotalMinutes:0} minutes. Does a "
                            + $"worker run (veza serve --roles worker)?"
                    );

                return;
            }

            await Task.Delay(LookEvery, ct);
        }
    }

    private static IEnumerable<Credits> Songs(Person person) =>
        Song.All.Select(song => song.Credits).Where(song => song.By == person.Username);

    private static Task<List<JsonNode>> Tracks(VezaApi api, Person person, CancellationToken ct) =>
        api.GetAll($"/api/v1/tracks?user_id={person.Id}", person, ct);

    private static string Percent(JsonNode? track) =>
        track?["progress"] is { } part ? $"{part.ToJsonString()} %" : "processing";

    private static MultipartFormDataContent Form(Credits song, string path)
    {
        // Words first, the file last: a server that reads the form as a stream knows what it takes before it comes.
        var form = new MultipartFormDataContent
        {
            { new StringContent(song.Title), "title" },
            { new StringContent(song.Artist), "artist" },
            { new StringContent(song.Album), "album" },
            { new StringContent(song.Genre), "genre" },
            { new StringContent(song.Description), "description" },
            { new StringContent("public"), "visibility" },
        };
        foreach (string tag in song.Tags)
            form.Add(new StringContent(tag), "tags");

        var file = new StreamContent(File.OpenRead(path));
        file.Headers.ContentType = new MediaTypeHeaderValue(SongFiles.MediaType(song));
        form.Add(file, "file", song.FileName);
        return form;
    }
}
