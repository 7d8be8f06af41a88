using System.CommandLine;
using System.Globalization;
using Backprop.Shared.Cli;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Data;
using Backprop.Worker.Shell;

namespace Backprop.Worker.Cli;

/// <summary><c>backprop-worker --coordinator HOST:PORT</c>: computes for a coordinator until its run is over.</summary>
internal static class WorkerCommand
{
    private const string Name = "backprop-worker";

    /// <summary>Runs the command to its exit code.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        var coordinator = new Option<string>("--coordinator")
        {
            Description = "the address that the coordinator listens on; of several, the first that answers",
            HelpName = "HOST:PORT[,HOST:PORT...]",
            Required = true,
        };
        var slots = Slots();
        var times = new Option<int>("--times")
        {
            Description = "computes every span so often, to play a slow worker where scheduling is measured; never changes a bit",
            HelpName = "N",
            Hidden = true,
            DefaultValueFactory = _ => 1,
        };
        var token = Text("--token-file", "FILE", "the secret that the coordinator was given too; it is sent to it, in the clear");
        var insecure = new Option<bool>("--insecure") { Description = "allows to send the secret to another machine" };
        var identity = Text("--identity", "DIR", "the folder with this worker's certificate, where the cluster has TLS");
        var data = Text("--data", "DIR", "where the run's data files lie on this machine (default: the coordinator sends them)");
        var cache = Text("--cache", "DIR", "where data that was sent is kept (default: ~/.cache/backprop)");
        var giveUp = GiveUp();
        var watch = new Option<bool>("--watch-stdin")
        {
            Description = "ends when its standard input is closed; Ctrl+C, SIGHUP and SIGUSR1 are left to its launcher",
        };
        var (stay, nice, linkPort) = (Stay(), Nice(), LinkPort());
        var name = Text("--name", "NAME", "what it is called in the coordinator's log (default: the machine and the process)");
        name.Hidden = true;
        var root = new RootCommand(
            "Computes for a coordinator until its run is over. For example: backprop-worker --coordinator 127.0.0.1:7400 --slots 4")
        {
            coordinator, linkPort, slots, token, identity, insecure, data, cache, giveUp, watch, times, stay, name, nice,
        };
        root.SetAction(parsed => GuardedCommand.Run(Name, () => Work(
            new WorkerOptions
            {
                Coordinators = AddressesOf(parsed.GetRequiredValue(coordinator)),
                LinkPort = parsed.GetValue(linkPort),
                Slots = parsed.GetValue(slots),
                Times = Math.Max(1, parsed.GetValue(times)),
                Name = parsed.GetValue(name) is { } given ? CheckedName(given) : NameOfThis(),
                Token = parsed.GetValue(token) is { } file ? JoinToken.Read(file) : null,
                Identity = parsed.GetValue(identity) is { } own ? IdentityOf(own) : null,
                DataFolder = parsed.GetValue(data) is { } folder ? ExistingFolder(folder) : null,
                CacheFolder = Path.GetFullPath(parsed.GetValue(cache) ?? CacheFolder.Usual()),
                IsInsecure = parsed.GetValue(insecure),
                Stays = parsed.GetValue(stay),
                GiveUp = parsed.GetValue(giveUp) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            },
            parsed.GetValue(watch),
            parsed.GetValue(nice))));
        return GuardedCommand.ParseAndRunAsync(Name, root, args);
    }

    private static ExitCode Work(WorkerOptions options, bool watchesInput, int nice)
    {
        RequireTrust(options);
        ProcessPriority.Lower(nice);

        using var worker = new WorkerProcess(options, Say, TimeProvider.System, Tell(options.Stays));
        using var leaving = new Leaving(worker);
        using var signals = new StopSignals(
            code => leaving.Begin(code, code == ExitCode.Drained ? "terminated" : "interrupted"), belongsToLauncher: watchesInput);
        if (watchesInput)
        {
            new Thread(() => WatchInput(leaving)) { IsBackground = true, Name = "backprop input" }.Start();
        }

        return worker.Run();
    }

    /// <summary>
    /// A launcher waits for the line <c>ready</c>: a worker that ends before it would end again. One that stays from run to run also says
    /// when it waits for one.
    /// </summary>
    private static Action<bool> Tell(bool stays)
    {
        var wasReady = false;
        return isReady =>
        {
            if (stays || (isReady && !wasReady))
            {
                Console.Out.WriteLine(isReady ? "ready" : "waiting");
            }

            wasReady |= isReady;
        };
    }

    /// <summary>Its launcher holds the other end: when that is closed, nobody is there to work for.</summary>
    private static void WatchInput(Leaving leaving)
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[256];
        try
        {
            while (input.Read(ignored) > 0)
            {
                // What is said there is of no interest, only that somebody is there.
            }
        }
        catch (IOException)
        {
            // Where it can no longer be read, nobody holds the other end either.
        }

        leaving.Begin(ExitCode.Done, "its launcher is gone");
    }

    private static LinkAddress[] AddressesOf(string text)
    {
        var addresses = Array.ConvertAll(text.Split(','), AddressOf);
        return addresses.Length == 1 || addresses.All(a => a.LocalName is null) ? addresses : throw new UserException(
            ExitCode.Usage, $"--coordinator {text} names a local address and others; a local one goes alone.");
    }

    /// <summary>Where to connect. Port 0 is for who listens; nobody is ever there.</summary>
    private static LinkAddress AddressOf(string text)
    {
        var address = LinkAddress.Parse(text.Trim(), "--coordinator");
        return address.LocalName is not null || address.HostPort.Port > 0 ? address : throw new UserException(
            ExitCode.Usage, $"--coordinator {text} names no port; give the one that the coordinator's log names.");
    }

    private static void RequireTrust(WorkerOptions options)
    {
        if (options.Token is not null && options.Identity is null && !options.IsInsecure
            && options.Coordinators.Where(a => !a.IsLoopback).Select(a => a.ToString()).FirstOrDefault() is { } other)
        {
            throw new UserException(
                ExitCode.Usage,
                $"--coordinator {other} may be another machine, and the token would go there in the clear; reach it through a tunnel to "
                + "127.0.0.1, or allow it with --insecure.");
        }
    }

    private static IdentityFolder IdentityOf(string folder)
    {
        var identity = new IdentityFolder(folder, TimeProvider.System);
        identity.Current.Require("a worker", Role.Coordinator, Role.Node, Role.Worker);
        return identity;
    }

    private static string CheckedName(string name) => WireText.IsName(name) ? name : throw new UserException(
        ExitCode.Usage, $"--name takes one to {WireText.NameMaximum} characters of printable ASCII, not '{WireText.Name(name)}'.");

    private static void Say(string line) => Console.Error.WriteLine($"{Name}: {line}");

    /// <summary>The machine and the process, as the coordinator's log shows them.</summary>
    private static string NameOfThis()
    {
        var host = string.Concat(Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.').Take(48));
        return string.Create(CultureInfo.InvariantCulture, $"{(host.Length == 0 ? "worker" : host)}/{Environment.ProcessId}");
    }

    private static string ExistingFolder(string folder) => Directory.Exists(folder)
        ? Path.GetFullPath(folder)
        : throw new UserException(ExitCode.Usage, $"--data {folder} is no folder; name the one with the data files, or leave it out.");

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    private static Option<bool> Stay() => new("--stay")
    {
        Description = "asks for work again when a run is over, and never gives up",
        Hidden = true,
    };

    private static Option<int> Nice()
    {
        const int Lowest = 19;
        var option = new Option<int>("--nice")
        {
            Description = "lowers its priority, as the command nice does",
            HelpName = "N",
            Hidden = true,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var nice) || nice is < 0 or > Lowest))
            {
                result.AddError($"--nice takes a number from 0 to {Lowest}, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    private static Option<int> Slots()
    {
        var option = new Option<int>("--slots")
        {
            Description = "compute threads (default: the cores)",
            HelpName = "N",
            DefaultValueFactory = _ => Math.Min(Environment.ProcessorCount, JoinCheck.SlotsMaximum),
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && (!int.TryParse(result.Tokens[0].Value, out var slots) || slots is < 1 or > JoinCheck.SlotsMaximum))
            {
                result.AddError($"--slots takes a number from 1 to {JoinCheck.SlotsMaximum}, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    private static Option<int?> LinkPort()
    {
        var option = new Option<int?>("--link-port")
        {
            Description = "behind a tunnel: its port that leads to the coordinator's links, two above the coordinator's own",
            HelpName = "PORT",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && !(int.TryParse(result.Tokens[0].Value, out var port) && port is >= 1 and <= ushort.MaxValue))
            {
                result.AddError($"--link-port takes a port, 1 to {ushort.MaxValue}, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    private static Option<double?> GiveUp()
    {
        const double Longest = 1e6;
        var option = new Option<double?>("--give-up")
        {
            Description = "how long to try an unreachable coordinator (default: 60 before the first connection, 300 after one)",
            HelpName = "SECONDS",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && !(double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var seconds)
                    && seconds is >= 0 and <= Longest))
            {
                result.AddError($"--give-up takes a number of seconds, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }
}
