using Microsoft.Extensions.Configuration;
using Veza.Features.Notifications;
using Veza.Infrastructure.Configuration;

namespace Veza.Tests.Infrastructure.Configuration;

/// <summary>What an operator may say of pushes, and what is told of what they may not.</summary>
public sealed class PushSettingsTests
{
    private static (Settings? Settings, string[] Faults) Read(params (string Key, string Value)[] values)
    {
        var all = new Dictionary<string, string?>
        {
            ["postgres"] = "Host=nowhere",
            ["redis"] = "nowhere",
            ["storage"] = Path.GetTempPath(),
            ["public_url"] = "https://music.example.org",
        };
        foreach (var (key, value) in values)
            all[key] = value;
        var (settings, faults) = Settings.Read(
            new ConfigurationBuilder().AddInMemoryCollection(all).Build(),
            Modules.All
        );
        return (settings, [.. faults.Select(f => f.Variable)]);
    }

    [Fact]
    public void Without_a_word_pushes_go_to_the_public_internet_in_the_name_of_the_public_url()
    {
        var push = Read().Settings!.Push;
        var notifications = Read().Settings!.Of<NotificationsSettings>();
        Assert.Equal(
            ("https://music.example.org", 3, null),
            (push.Contact, notifications.GraceS, notifications.Gateway)
        );
        Assert.Empty(push.Networks);
    }

    [Fact]
    public void What_is_said_is_kept_and_the_secret_is_not_shown()
    {
        const string secret = "0123456789abcdef0123456789abcdef";
        var settings = Read(
            ("push:contact", "mailto:ops@example.org"),
            ("push:networks", "10.20.0.0/16, ::1"),
            ("push:grace_s", "0"),
            ("push:gateway", "https://push.example.org/notify"),
            ("push:gateway_secret", secret)
        ).Settings!;
        var (push, notifications) = (settings.Push, settings.Of<NotificationsSettings>());
        Assert.Equal(
            ("mailto:ops@example.org", 2, 0, secret),
            (push.Contact, push.Networks.Length, notifications.GraceS, notifications.Gateway!.Secret)
        );
        Assert.DoesNotContain(secret, notifications.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_is_spoken_to_by_tls_or_on_this_machine()
    {
        const string secret = "0123456789abcdef0123456789abcdef";
        Assert.Equal(
            ["VEZA__PUSH__GATEWAY"],
            Read(("push:gateway", "http://push.example.org"), ("push:gateway_secret", secret)).Faults
        );
        Assert.Empty(Read(("push:gateway", "http://127.0.0.1:9000/notify"), ("push:gateway_secret", secret)).Faults);
    }

    [Theory]
    [InlineData("push:contact", "ops@example.org", "VEZA__PUSH__CONTACT")]
    [InlineData("push:networks", "everywhere", "VEZA__PUSH__NETWORKS")]
    [InlineData("push:grace_s", "301", "VEZA__PUSH__GRACE_S")]
    [InlineData("push:gateway", "https://push.example.org", "VEZA__PUSH__GATEWAY_SECRET")]
    [InlineData("push:gateway_secret", "0123456789abcdef0123456789abcdef", "VEZA__PUSH__GATEWAY")]
    [InlineData("push:gateway_secret_file", "/nowhere", "VEZA__PUSH__GATEWAY_SECRET_FILE")]
    public void What_cannot_be_is_named(string key, string value, string variable) =>
        Assert.Equal([variable], Read((key, value)).Faults);
}
