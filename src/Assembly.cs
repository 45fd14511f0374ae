using System.Runtime.Versioning;

[module: Dapper.DapperAot]
[assembly: SupportedOSPlatform("linux")]
