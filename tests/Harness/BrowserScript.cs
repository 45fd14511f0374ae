using System.Diagnostics;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>A script of tests/browser, run by node with a real Chromium; what it prints is JSON.</summary>
internal static class BrowserScript
{
    internal static async Task<JsonElement> Run(string name, params string[] arguments)
    {
        var command = new ProcessStartInfo("node", [Surroundings.PathOf("tests", "browser", name), .. arguments]);
        command.Environment["VEZA_TEST_BROWSER"] = Surroundings.Browser;
        command.Environment["VEZA_TEST_NODE_MODULES"] = Surroundings.NodeModules;
        return JsonElement.Parse((await VezaProgram.Run(command)).Succeeds().Output);
    }
}
