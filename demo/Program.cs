using Veza.Demo;

if (args is ["--url", var url, "--out", var folder])
    return await Seed.Run(new Uri(url), new DirectoryInfo(folder), CancellationToken.None);
await Console.Error.WriteLineAsync(
    "Usage: veza-demo --url URL --out FOLDER\nAdds the demo's people, room and tracks to the server at URL; "
        + "FOLDER keeps their passwords and songs."
);
return 2;
