using Veza.Infrastructure.Configuration;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Configuration;

/// <summary>
/// A machine that cannot hold the tools of strangers' files processes none, unless its operator said so.
/// </summary>
public sealed class MediaSettingsTests
{
    /// <summary>On its PATH no tool can be begun, with or without protection.</summary>
    private static string BarePath()
    {
        var folder = TestRun.NewFolder("path");
        foreach (var tool in new[] { "ffmpeg", "ffprobe", "fpcalc" })
            File.CreateSymbolicLink(Path.Combine(folder, tool), "/bin/false");
        return folder;
    }

    [Fact]
    public async Task A_worker_does_not_start_without_what_is_required_and_says_what_to_do()
    {
        await using var premises = await TestEnvironment.Create();
        premises.Variables["PATH"] = BarePath();
        premises.Variables["VEZA__HTTP__PORT"] = "0";
        var refused = await VezaProgram.Run(["serve", "--roles", "worker"], premises.Variables);
        Assert.Equal(1, refused.ExitCode);
        foreach (var name in MediaSettings.All)
            Assert.Contains($"VEZA__MEDIA__REQUIRE: '{name}' is required", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("VEZA__ENVIRONMENT=development", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("the role worker does not start", refused.Errors, StringComparison.Ordinal);
        var told = await VezaProgram.Run(["check-config"], premises.Variables);
        Assert.Equal(1, told.ExitCode);
        Assert.Contains("'files' is required and not to be had", told.Errors, StringComparison.Ordinal);

        premises.Variables["VEZA__MEDIA__REQUIRE"] = "network, limits";
        var lesser = await VezaProgram.Run(["serve"], premises.Variables);
        Assert.Equal(1, lesser.ExitCode);
        Assert.Contains("'network' is required", lesser.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("'files' is required", lesser.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VEZA__ENVIRONMENT", "development")]
    [InlineData("VEZA__MEDIA__REQUIRE", "none")]
    public async Task Where_that_was_said_it_starts_and_tells_what_is_missing(string name, string value)
    {
        await using var server = await VezaServer.Start((name, value), ("PATH", BarePath()));
        foreach (var missing in MediaSettings.All)
            Assert.Contains($"{missing} (", server.Log, StringComparison.Ordinal);
        Assert.Contains("missing", (await server.Run("check-config")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_only_makes_pictures_starts_and_refuses_them()
    {
        await using var server = await VezaServer.Start(("VEZA__ROLES", "api"), ("PATH", BarePath()));
        Assert.Contains("pictures are refused", server.Log, StringComparison.Ordinal);
        var mira = await server.Register("mira");
        var picture = await Pictures.Drawn("png", 300, 300);
        var refused = await mira.Send(HttpMethod.Put, "/api/v1/users/me/avatar", Pictures.Content(picture));
        refused.Is(503, "PICTURES_UNAVAILABLE");
    }

    [Fact]
    public async Task On_this_machine_all_of_it_is_in_force()
    {
        await using var server = await VezaServer.Start();
        Assert.Contains("missing: none", server.Log, StringComparison.Ordinal);
        Assert.Contains("(Landlock)", (await server.Run("check-config")).Succeeds().Output, StringComparison.Ordinal);
    }
}
