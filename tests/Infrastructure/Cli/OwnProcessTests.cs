using System.Diagnostics;
using System.Text;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Cli;

/// <summary>What others on the machine can learn of a server.</summary>
public sealed class OwnProcessTests(VezaServer server) : IClassFixture<VezaServer>
{
    /// <summary>
    /// As root without any right: the same user is all that a process then is to another.
    /// </summary>
    private static readonly string[] WithoutRights = Environment.IsPrivilegedProcess
        ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]
        : ["env"];

    private static string EnvironmentOf(int process) => File.ReadAllText($"/proc/{process}/environ", Encoding.Latin1);

    /// <summary>A watch of the working directory is one of each folder below it, and storage may lie there.</summary>
    [Fact]
    public void It_watches_no_files() =>
        Assert.DoesNotContain(
            "anon_inode:inotify",
            Directory.GetFiles($"/proc/{server.ProcessId}/fd").Select(fd => new FileInfo(fd).LinkTarget)
        );

    [Fact]
    public void Once_a_server_has_read_its_settings_its_environment_has_none()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can look");
        var shown = EnvironmentOf(server.ProcessId);
        Assert.Contains("PATH=", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("VEZA__", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Database.ConnectionString, shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Also_of_settings_whose_names_are_written_otherwise()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can look");
        await using var other = await VezaServer.Start(
            ("veza__http__header_timeout_s", "16"),
            ("VEZA:MAIL:FROM_OF_BEFORE", "hidden@example.org")
        );
        var shown = EnvironmentOf(other.ProcessId);
        Assert.Contains("PATH=", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("veza__", shown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("hidden@example.org", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_process_of_its_user_cannot_look_into_it()
    {
        var port = VezaServer.FreePort();
        var settings = new Dictionary<string, string?>(server.Premises.Variables) { ["VEZA__HTTP__PORT"] = $"{port}" };
        using var watched = Started(VezaProgram.Command(["serve"], settings, TestRun.Folder));
        using var open = Started(new ProcessStartInfo("sleep", ["600"]));
        try
        {
            using var client = new HttpClient();
            await Eventually.True(
                "it lives",
                async () =>
                {
                    try
                    {
                        return (
                            await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health/live"))
                        ).IsSuccessStatusCode;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                }
            );
            foreach (var file in new[] { "environ", "maps" })
            {
                (await Look(open, file)).Succeeds();
                Assert.Contains("Permission denied", (await Look(watched, file)).Errors, StringComparison.Ordinal);
            }
        }
        finally
        {
            watched.Kill();
            open.Kill();
        }
    }

    private static Process Started(ProcessStartInfo command)
    {
        string[] words = [.. WithoutRights, command.FileName, .. command.ArgumentList];
        var start = new ProcessStartInfo(words[0], words[1..]) { WorkingDirectory = command.WorkingDirectory };
        foreach (var (name, value) in command.Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static Task<ProgramRun> Look(Process at, string file) =>
        VezaProgram.Run(
            new ProcessStartInfo(WithoutRights[0], [.. WithoutRights[1..], "cat", $"/proc/{at.Id}/{file}"])
        );
}
