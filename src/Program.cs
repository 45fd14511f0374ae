using Veza;
using Veza.Features.Auth;
using Veza.Features.Auth.Accounts;
using Veza.Infrastructure.Cli;

OwnProcess.CloseToOthers();
Usage.Know(() => Modules.All);
return await (
    args switch
    {
        ["serve", .. var rest] => Server.Run(rest),
        ["migrate", .. var rest] => Usage.InDatabase(Migrate.Run(rest)),
        ["openapi", .. var rest] => Server.PrintOpenApi(rest),
        ["check-config", .. var rest] => CheckConfig.Run(rest),
        ["healthcheck", .. var rest] => HealthCheck.Run(rest),
        ["keys", "reseal"] => Usage.InDatabase(ResealSecrets.Run(Modules.All.SelectMany(module => module.Sealed))),
        ["keys", .. var rest] => Usage.InDatabase(RotateKeys.Run(rest)),
        ["admin", .. var rest] => Usage.InDatabase(CreateAdmin.Run(rest)),
        ["jobs", .. var rest] => Usage.InDatabase(Jobs.Run(rest)),
        ["version" or "--version"] => Usage.Version(),
        ["sandbox-exec", .. var rest] => Veza.Infrastructure.Confinement.Cell.Enter(rest),
        _ => Usage.Explain(args),
    }
);
