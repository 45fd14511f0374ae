namespace Veza.Demo;

/// <summary>Somebody of the demo; the id and the token are known once they have signed in.</summary>
internal sealed record Person(string Username, string DisplayName, string Password)
{
    public string Email => $"{Username}@demo.veza.test";
    public string Id { get; init; } = "";
    public string AccessToken { get; init; } = "";
}
