using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.Media;

/// <summary>Strangers' media would be read without a protection that the settings require.</summary>
internal sealed class MediaUnprotectedException(IReadOnlyList<MissingProtection> lacks)
    : Exception($"Media is not processed on this machine: missing are {string.Join(", ", lacks)}")
{
    internal IReadOnlyList<MissingProtection> Lacks => lacks;
}

/// <summary>Says before anything is served what this machine lacks of what the settings require.</summary>
internal static class MediaGuard
{
    /// <summary>Lines for an operator; none when media may be processed here.</summary>
    internal static async Task<string[]> Lacks(Settings settings)
    {
        var lacks = (await MediaProtections.Known).Lacks(settings.Media);
        return lacks.Count == 0
            ? []
            :
            [
                .. lacks.Select(missing =>
                    $"{MediaSettings.Variable}: '{missing.Name}' is required and not to be had: "
                    + $"{missing.Reason}; {missing.Remedy}"
                ),
                $"{MediaSettings.Variable}: name fewer in it than {string.Join(',', MediaSettings.All)} where "
                    + $"something "
                    + "else stands in for one; on a machine of your own for trying things out set "
                    + "VEZA__ENVIRONMENT=development",
            ];
    }

    /// <summary>Whether the server must not start. One that only makes pictures starts, and refuses those.</summary>
    internal static async Task<bool> Forbids(Settings settings, TextWriter errors)
    {
        var isWorker = settings.Roles.Contains(Roles.Worker);
        if (!MediaSandbox.IsInstalled || !isWorker && !settings.Roles.Contains(Roles.Api))
            return false;
        var lacks = await Lacks(settings);
        foreach (var line in lacks)
            await errors.WriteLineAsync($"veza: {line}");
        if (lacks.Length == 0)
            return false;
        var effect = isWorker ? "the role worker does not start without" : "pictures are refused with 503 until then";
        await errors.WriteLineAsync($"veza: {effect}.");
        return isWorker;
    }
}
