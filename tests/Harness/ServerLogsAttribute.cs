using System.Reflection;
using Xunit.v3;

namespace Veza.Tests.Harness;

/// <summary>Puts what the running servers said last beside a test that failed.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class ServerLogsAttribute : BeforeAfterTestAttribute
{
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed) TestContext.Current.TestOutputHelper?.WriteLine(VezaServer.AllLogs());
    }
}
