using Veza.Infrastructure.Redis;

namespace Veza.Tests.Infrastructure.Redis;

/// <summary>How long Redis is waited for, as the operator says.</summary>
public sealed class RedisPatienceTests
{
    [Theory]
    [InlineData("127.0.0.1:6379", 1000, 300)]
    [InlineData("127.0.0.1:6379,asyncTimeout=1500", 1000, 1500)]
    [InlineData("10.0.0.1:6379,10.0.0.2:6379,password=x,ConnectTimeout=4000", 4000, 300)]
    public void The_operator_decides_on_the_wait(string redis, int connectMs, int answerMs)
    {
        var patience = RedisPatience.Of(redis);
        Assert.Equal(
            (connectMs, answerMs, 50),
            (
                (int)patience.ConnectMax.TotalMilliseconds,
                (int)patience.AnswerMax.TotalMilliseconds,
                (int)patience.AskMax.TotalMilliseconds
            )
        );
    }
}
