using System.Reflection;
using Xunit.v3;

namespace Veza.Tests.Harness;

/// <summary>
/// Puts what the running servers said last beside a test that failed, and fails the test in which one told of a
/// connection that is held too long.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ServerLogsAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.TestOutputHelper?.WriteLine(VezaServer.AllLogs());
        // Whole, with both stacks: an assertion over the list would show their beginnings.
        if (Violations.Take() is { Length: > 0 } violations)
            Assert.Fail(string.Join('\n', violations));
    }
}
