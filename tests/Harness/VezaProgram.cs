using System.Diagnostics;

namespace Veza.Tests.Harness;

/// <summary>What a run of a verb said.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    internal ProgramRun Succeeds()
    {
        Assert.True(ExitCode == 0, $"It ended with {ExitCode}.\n{Output}\n{Errors}");
        return this;
    }
}

/// <summary>
/// The program under test: the native binary when VEZA_TEST_BINARY names one, otherwise the build in the folder that
/// VEZA_TEST_ASSEMBLIES names, or the one that lies beside the tests.
/// </summary>
internal static class VezaProgram
{
    internal static bool IsNative => Surroundings.NativeBinary is not null;

    /// <summary>Only the settings given: what the developer's shell has set for Veza is taken away.</summary>
    internal static ProcessStartInfo Command(
        string[] arguments,
        IReadOnlyDictionary<string, string?> settings,
        string directory
    )
    {
        var command = Surroundings.NativeBinary is { } binary
            ? new ProcessStartInfo(binary, arguments)
            : new ProcessStartInfo("dotnet", [Path.Combine(Surroundings.Assemblies, "veza.dll"), .. arguments]);
        foreach (
            var name in command.Environment.Keys.Where(k => k.StartsWith("VEZA_", StringComparison.Ordinal)).ToArray()
        )
            command.Environment.Remove(name);
        foreach (var (name, value) in settings)
            command.Environment[name] = value;
        command.WorkingDirectory = directory;
        command.RedirectStandardOutput = command.RedirectStandardError = command.RedirectStandardInput = true;
        return command;
    }

    internal static Task<ProgramRun> Run(string[] arguments, IReadOnlyDictionary<string, string?> settings) =>
        Run(Command(arguments, settings, TestRun.Folder));

    internal static async Task<ProgramRun> Run(ProcessStartInfo command)
    {
        command.RedirectStandardOutput = command.RedirectStandardError = command.RedirectStandardInput = true;
        using var process = Process.Start(command)!;
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command.FileName} {string.Join(' ', command.ArgumentList)} did not end.");
        }
    }
}
