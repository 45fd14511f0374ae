using StackExchange.Redis;

namespace Veza.Infrastructure.Redis;

/// <summary>
/// How long Redis is waited for at most: for a connection, by whoever needs what it says, and by whoever is little
/// worse off without.
/// </summary>
internal sealed record RedisPatience(TimeSpan ConnectMax, TimeSpan AnswerMax, TimeSpan AskMax)
{
    internal static readonly RedisPatience Usual = new(
        TimeSpan.FromSeconds(1),
        TimeSpan.FromMilliseconds(300),
        TimeSpan.FromMilliseconds(50)
    );

    /// <summary>
    /// The usual one, but for what the operator's string says by <c>connectTimeout</c> and <c>asyncTimeout</c>
    /// (milliseconds).
    /// </summary>
    internal static RedisPatience Of(string redis)
    {
        var options = ConfigurationOptions.Parse(redis);
        return Usual with
        {
            ConnectMax = Says("connectTimeout") ? TimeSpan.FromMilliseconds(options.ConnectTimeout) : Usual.ConnectMax,
            AnswerMax = Says("asyncTimeout") ? TimeSpan.FromMilliseconds(options.AsyncTimeout) : Usual.AnswerMax,
        };

        bool Says(string option) => redis.Contains($",{option}=", StringComparison.OrdinalIgnoreCase);
    }
}
