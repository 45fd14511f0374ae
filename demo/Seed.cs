using System.Net;

namespace Veza.Demo;

/// <summary>
/// The demo: three people, five tracks, a room with a conversation. It may run as often as one likes; what is there
/// already stays.
/// </summary>
internal static class Seed
{
    // As the shell has it: 128 + SIGINT.
    private const int Interrupted = 130;

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(5);

    public static async Task<int> Run(Uri url, DirectoryInfo output, CancellationToken ct)
    {
        try
        {
            output.Create();
            using var api = new VezaApi(url);
            await api.Reach(ct);

            Person[] people = await Arrivals.SignInAll(api, new PeopleFile(output), ct);
            await SongFiles.Make(output, ct);
            await Uploads.SendMissing(api, people, output, ct);
            await ListeningRoom.Furnish(api, people, ct);
            await Uploads.AwaitReady(api, people, ReadyWithin, ct);

            Console.WriteLine(
                $"The demo is ready: {string.Join(", ", people.Select(p => p.Username))}; their passwords are in {PeopleFile.In(output)}"
            );
            return 0;
        }
        catch (SeedFailure failure)
        {
            await Console.Error.WriteLineAsync($"The demo is not complete. {failure.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Interrupted; the next run goes on from here.");
            return Interrupted;
        }
    }
}

/// <summary>What ends the seed, in words for whoever started it.</summary>
internal sealed class SeedFailure(string message, HttpStatusCode? status = null, string? code = null)
    : Exception(message)
{
    /// <summary>Of a refused request: its status, and its error_code below.</summary>
    public HttpStatusCode? Status => status;

    public string? Code => code;
}
