using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Media;

/// <summary>
/// A tool that a stranger's file has taken over: what it tries goes when nothing holds it, and not in the sandbox.
/// </summary>
public sealed class HostileToolTests(Recordings recordings) : IClassFixture<Recordings>
{
    private static readonly MediaLimits Minute = new(TimeSpan.FromMinutes(1), 1 << 20);

    // Words of bash alone: in the sandbox it can begin no other program. It is given a process, a key, a folder, a
    // port.
    private const string Script = """
        #!/bin/bash
        set -- "${@: -4}"
        victim=$1 key=$2 outside=$3 port=$4
        reads_source() { read -r line < source; }
        writes_draft() { echo x > raw/draft; }
        reads_key() { read -r line < "$key"; }
        reads_passwords() { read -r line < /etc/passwd; }
        lists_folder() { local all=("$outside"/*); [[ -e ${all[0]} ]]; }
        writes_result() { echo x > done/planted; }
        writes_outside() { echo x > "$outside/planted"; }
        reads_environment() { read -r -d '' line < "/proc/$victim/environ"; }
        reads_memory() { : < "/proc/$victim/mem"; }
        connects() { : < "/dev/tcp/127.0.0.1/$port"; }
        signals() { kill -CONT "$victim"; }
        kills() { kill -KILL "$victim"; }
        for try in reads_source writes_draft reads_key reads_passwords lists_folder writes_result writes_outside \
          reads_environment reads_memory connects signals kills; do
          if $try 2>/dev/null; then echo "$try"; fi
        done
        ( echo starts_programs )
        """;

    private static readonly string[] WithoutRights = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--"];
    private static readonly string[] WhatItIsFor = ["reads_source", "writes_draft"];

    private static readonly string[] WhatItIsNotFor =
    [
        "reads_key",
        "reads_passwords",
        "lists_folder",
        "writes_result",
        "writes_outside",
        "reads_environment",
        "reads_memory",
        "connects",
        "signals",
        "kills",
        "starts_programs",
    ];

    public static TheoryData<string> Machines => new("all", "no other user", "neither namespaces nor another user");

    private static Task<MediaProtections> Of(string machine) =>
        machine switch
        {
            "all" => MediaProtections.Detect(),
            "no other user" => MediaProtections.Detect(otherUser: false),
            _ => MediaProtections.Detect(otherUser: false, namespaces: false),
        };

    [Fact]
    public async Task Without_a_sandbox_it_does_all_of_it()
    {
        using var stage = new Stage();
        using var work = Stage.Work(recordings);
        var start = new ProcessStartInfo("bash", [stage.Tool, .. stage.Words])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = work.Directory,
        };
        using var process = Process.Start(start)!;
        var done = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([.. WhatItIsFor, .. WhatItIsNotFor], done);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task In_the_sandbox_it_does_its_work_and_nothing_else(string machine)
    {
        var protections = await Of(machine);
        Assert.Empty(protections.Missing);
        using var stage = new Stage();
        using var work = Stage.Work(recordings);
        var (_, output) = await Said(MediaSandbox.In(protections, tool: stage.Tool), work, stage.Words);
        Assert.Equal(WhatItIsFor, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(stage.IsVictimDead);
        Assert.False(stage.WasConnectedTo);
        Assert.Equal(["secret", "tool"], Directory.EnumerateFiles(stage.Folder).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(work.DonePath("x"))!));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task A_tool_whose_rules_are_talked_round_reaches_no_file_and_no_server(string machine)
    {
        var sandbox = MediaSandbox.In(await Of(machine));
        using var stage = new Stage();
        using var work = Stage.Work(recordings);
        foreach (var input in new[] { $"file:{stage.Key}", $"tcp://127.0.0.1:{stage.Port}" })
        {
            string[] asked = ["-protocol_whitelist", "file,pipe,tcp", "-f", "s16le", "-i", input, "-f", "null", "-"];
            var run = await sandbox.Encode(work, asked, Minute, null, CancellationToken.None);
            Assert.NotEqual(0, run.ExitCode);
            var isFile = input.StartsWith("file", StringComparison.Ordinal);
            var why = isFile ? "Permission denied" : "Operation not permitted";
            Assert.Contains(why, run.StderrTail, StringComparison.Ordinal);
        }

        Assert.False(stage.WasConnectedTo);
        // The same tool does what it is for.
        File.Copy(await Sounds.Short, work.SourcePath, overwrite: true);
        string[] encode = ["-i", "source", "-f", "flac", "raw/x.flac"];
        Assert.Equal(0, (await sandbox.Encode(work, encode, Minute, null, CancellationToken.None)).ExitCode);
    }

    [Fact]
    public async Task Only_named_variables_come_to_a_tool()
    {
        using var stage = new Stage("#!/bin/bash\ncompgen -e\n");
        using var work = Stage.Work(recordings);
        var (_, names) = await Said(MediaSandbox.In(await MediaProtections.Known, tool: stage.Tool), work, []);
        // The last four are the shell's own.
        string[] named = ["PATH", "LC_ALL", "AV_LOG_FORCE_NOCOLOR", "PWD", "OLDPWD", "SHLVL", "_"];
        Assert.Empty(names.Split('\n', StringSplitOptions.RemoveEmptyEntries).Except(named));
        Assert.Contains("LC_ALL", names, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_machine_has_not_is_named_with_what_would_bring_it()
    {
        var bare = await MediaProtections.Detect(otherUser: false, namespaces: false, landlock: false, filter: false);
        string[] all = [MediaSettings.Network, MediaSettings.Files, MediaSettings.User];
        Assert.Equal(all, bare.Missing.Select(m => m.Name));
        Each.Of(bare.Missing, missing => Assert.NotEmpty(missing.Remedy));
        var some = new MediaSettings(new HashSet<string> { MediaSettings.Files, MediaSettings.Limits });
        Assert.Equal([MediaSettings.Files], bare.Lacks(some).Select(m => m.Name));
        // Another user alone does not keep a tool from what everybody may read.
        var half = await MediaProtections.Detect(namespaces: false, landlock: false);
        string[] open = Environment.IsPrivilegedProcess ? [all[1]] : all[1..];
        Assert.Equal(open, half.Missing.Select(m => m.Name));
    }

    [Fact]
    public async Task A_protection_that_fails_when_it_is_put_on_lets_no_tool_begin()
    {
        var known = await MediaProtections.Detect(otherUser: false, namespaces: false);
        using var stage = new Stage("#!/bin/bash\necho it runs\n");
        using var work = Stage.Work(recordings);
        // Without rights no namespace can be had: as on a machine that has changed since it was asked.
        string[] wrapper = Environment.IsPrivilegedProcess ? WithoutRights : [];
        var changed = known with { Rules = known.Rules with { HasOwnNetwork = true }, Wrapper = wrapper };
        var (run, output) = await Said(MediaSandbox.In(changed, tool: stage.Tool), work, []);
        Assert.Equal((126, ""), (run.ExitCode, output));
        Assert.IsType<IOException>(MediaRunVerdict.Failure(run, AudioFault.Corrupt));
    }

    private static async Task<(MediaRun Run, string Output)> Said(
        MediaSandbox sandbox,
        MediaWork work,
        string[] arguments
    )
    {
        var output = "";
        var run = await sandbox.Encode(
            work,
            arguments,
            Minute,
            async (stream, ct) =>
            {
                using var reader = new StreamReader(stream);
                output = await reader.ReadToEndAsync(ct);
            },
            CancellationToken.None
        );
        return (run, output);
    }

    [Fact]
    public async Task Where_the_machine_gives_less_than_the_sandbox_would_that_holds()
    {
        using var stage = new Stage("#!/bin/bash\nulimit -Hn; ulimit -Hu\n");
        using var work = Stage.Work(recordings);
        // As a container's own limits, which its processes may not raise.
        string[] wrapper = Environment.IsPrivilegedProcess ? WithoutRights : [];
        string[] lower = [.. wrapper, "prlimit", "--nofile=60", "--nproc=999", "--"];
        var known = await MediaProtections.Detect(otherUser: false, namespaces: false);
        var (_, limits) = await Said(MediaSandbox.In(known with { Wrapper = lower }, tool: stage.Tool), work, []);
        Assert.Equal("60\n999\n", limits);
    }

    /// <summary>What there is to be had: a key that everybody may read, a process, a server, and a folder.</summary>
    private sealed class Stage : IDisposable
    {
        private readonly Process victim = Process.Start("sleep", ["600"]);
        private readonly TcpListener server = new(IPAddress.Loopback, 0);

        internal Stage(string script = Script)
        {
            Folder = TestRun.NewFolder("hostile");
            File.WriteAllText(Key, "the master key\n");
            File.WriteAllText(Tool, script);
            File.SetUnixFileMode(Tool, (UnixFileMode)0b111_101_101);
            server.Start();
        }

        internal string Folder { get; }

        internal string Key => Path.Combine(Folder, "secret");

        internal string Tool => Path.Combine(Folder, "tool");

        internal int Port => ((IPEndPoint)server.LocalEndpoint).Port;

        internal string[] Words => [$"{victim.Id}", Key, Folder, $"{Port}"];

        internal bool IsVictimDead => victim.HasExited;

        internal bool WasConnectedTo => server.Pending();

        internal static MediaWork Work(Recordings recordings)
        {
            var work = MediaWork.Create(recordings.Scratch);
            File.WriteAllText(work.SourcePath, string.Concat(Enumerable.Repeat("a stranger's file\n", 1000)));
            return work;
        }

        public void Dispose()
        {
            victim.Kill();
            victim.Dispose();
            server.Dispose();
        }
    }
}
