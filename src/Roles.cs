namespace Veza;

/// <summary>What a process may do: serve the API, the chat or streams, or run jobs.</summary>
internal static class Roles
{
    internal const string Api = "api",
        Chat = "chat",
        Stream = "stream",
        Worker = "worker";
}
