using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Veza.Infrastructure.Configuration;

/// <summary>
/// Reads one value after the other and collects every fault, so that an operator mends them in one go.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<ConfigurationFault> faults = [];

    internal IReadOnlyList<ConfigurationFault> Faults => faults;

    internal void Fault(string key, string problem, string remedy) =>
        faults.Add(new ConfigurationFault(Variable(key), problem, remedy));

    internal string? Optional(string key) => configuration[key] is { Length: > 0 } value ? value.Trim() : null;

    internal string Text(string key, string otherwise) => Optional(key) ?? otherwise;

    /// <summary>A value, or the content of the file that KEY_FILE names: the way of container secrets.</summary>
    internal string? Secret(string key)
    {
        if (Optional(key + "_file") is not { } path)
            return Optional(key);
        if (File.Exists(path))
            return File.ReadAllText(path).Trim();
        Fault(key + "_file", $"the file '{path}' does not exist", "mount the secret or unset the variable");
        return null;
    }

    internal int Int(string key, int otherwise, int min, int max) => (int)Long(key, otherwise, min, max);

    internal long Long(string key, long otherwise, long min, long max)
    {
        if (Optional(key) is not { } text)
            return otherwise;
        if (long.TryParse(text, out var value) && value >= min && value <= max)
            return value;
        Fault(key, $"'{text}' is not a whole number from {min} to {max}", $"the default is {otherwise}");
        return otherwise;
    }

    internal string[] List(string key) =>
        Text(key, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Addresses and networks in CIDR form, by commas.</summary>
    internal IPNetwork[] Networks(string key)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in List(key))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            else
                Fault(
                    key,
                    $"'{text}' is neither an IP address nor a network",
                    "use such as 10.0.0.5 or 10.0.0.0/8, by commas"
                );
        }

        return [.. networks];
    }

    internal Uri Url(string key, string otherwise)
    {
        var text = Text(key, otherwise).TrimEnd('/');
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        Fault(
            key,
            $"'{text}' is not an http or https URL",
            "use the address by which clients reach this server, such as https://music.example.org"
        );
        return new Uri(otherwise);
    }

    internal IReadOnlySet<string> Set(string key, string[] allowed)
    {
        var names = Text(key, string.Join(',', allowed))
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names.Except(allowed))
            Fault(key, $"'{name}' is not one of {string.Join(", ", allowed)}", "separate several by commas");
        if (names.Length == 0)
            Fault(key, "is empty", $"name at least one of {string.Join(", ", allowed)}");
        return names.ToHashSet();
    }

    /// <summary>
    /// An Npgsql connection string; a postgres:// URL is turned into one. Adds waits that a frozen server cannot
    /// stretch.
    /// </summary>
    internal string Postgres(string key)
    {
        const string example =
            "set it to postgres://veza:PASSWORD@127.0.0.1:5432/veza or "
            + "Host=127.0.0.1;Username=veza;Password=...;Database=veza";
        if (Secret(key) is not { } text)
        {
            Fault(key, "is not set", example);
            return "";
        }

        try
        {
            return PostgresUrl.ToConnectionString(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The value holds a password: name the problem, never the value.
            Fault(key, $"cannot be read as a connection string ({e.GetType().Name})", example);
            return "";
        }
    }

    internal string Redis(string key)
    {
        const string example = "set it to 127.0.0.1:6379 or redis://:PASSWORD@127.0.0.1:6379";
        if (Secret(key) is not { } text)
        {
            Fault(key, "is not set", example);
            return "";
        }

        if (!text.Contains("://", StringComparison.Ordinal))
            return text;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "redis" or "rediss")
        {
            var user = url.UserInfo.Split(':', 2);
            var password = user.Length == 2 ? $",password={Uri.UnescapeDataString(user[1])}" : "";
            var name = user[0].Length > 0 ? $",user={Uri.UnescapeDataString(user[0])}" : "";
            return $"{url.Host}:{(url.Port > 0 ? url.Port : 6379)}{name}{password}{(url.Scheme == "rediss" ? ",ssl=true" : "")}";
        }

        Fault(key, "is not a redis:// URL", example);
        return "";
    }

    /// <summary>Whether secrets may travel there: by TLS, or without leaving this machine.</summary>
    internal static bool IsSafe(Uri url) =>
        url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    internal static string Variable(string key) =>
        "VEZA__" + key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant();
}

/// <summary>postgres://user:password@host:port/database?option=value as an Npgsql connection string.</summary>
internal static class PostgresUrl
{
    internal static string ToConnectionString(string text)
    {
        if (!text.StartsWith("postgres", StringComparison.Ordinal) || !text.Contains("://", StringComparison.Ordinal))
            return new NpgsqlConnectionStringBuilder(text).ConnectionString;

        var url = new Uri(text);
        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : 5432,
            Database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/')),
            Username = Uri.UnescapeDataString(user[0]),
        };
        if (user.Length == 2)
            builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var option in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = option.Split('=', 2) is [var n, var v] ? (n, v) : (option, "");
            builder[name == "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value);
        }

        return builder.ConnectionString;
    }
}
