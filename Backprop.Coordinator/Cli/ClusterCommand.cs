using System.CommandLine;
using System.Globalization;
using System.Text;
using Backprop.Shared.Cli;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop cluster</c>: makes a cluster's authority, and the certificates of those that belong to it.</summary>
internal static class ClusterCommand
{
    private const string AuthorityFolder = "ca";
    private const string NodeFolder = "node";
    private const int DaysDefault = 365;
    private const int DaysMaximum = 3650;

    public static Command Create()
    {
        var command = new Command("cluster", "Makes a cluster's authority, and the certificates of those that belong to it.");
        command.Subcommands.Add(CreateInit());
        command.Subcommands.Add(CreateIssue());
        command.Subcommands.Add(CreateShow());
        return command;
    }

    private static Command CreateInit()
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "a new folder: it gets ca/, which stays there, and node/, for this machine",
        };
        var name = new Option<string?>("--name")
        {
            Description = "what this machine's node is called (default: the machine's name)",
            HelpName = "NAME",
        };
        var days = Days();
        var command = new Command("init", "Makes a cluster's authority, and the first node's certificate.") { folder, name, days };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var path = parsed.GetRequiredValue(folder);
            var called = NodeCommand.NameOf(parsed.GetValue(name));
            var now = TimeProvider.System.GetUtcNow();
            using var authority = CertificateAuthority.Create(Path.Combine(path, AuthorityFolder), now);
            var node = Path.Combine(path, NodeFolder);
            using var certificate = authority.Issue(new CertificateName(called, Role.Coordinator), node, LifetimeIn(parsed, days), now);
            using var output = StandardStreams.ForResults();
            Say(output, $"authority   {Path.Combine(path, AuthorityFolder)}, sha256 {authority.Fingerprint}");
            Say(output, "            whoever has its key can let anybody in: keep it here, and nowhere else");
            Say(output, $"this node   {node}, for {called}, until {Day(certificate.NotAfter)}");
            Say(output, $"start it    backprop node --name {ShellWords.Join([called])} --identity {ShellWords.Join([node])}");
            Say(output, $"another     backprop cluster issue NAME --dir {ShellWords.Join([path])}");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command CreateIssue()
    {
        var name = new Argument<string>("NAME") { Description = "what the node, worker or person is called" };
        var folder = Folder();
        var role = new Option<string>("--role")
        {
            Description = "coordinator (a node that may coordinate), node (one that only runs workers), worker (one by hand) or "
                + "operator (gives orders)",
            HelpName = "ROLE",
            DefaultValueFactory = _ => RoleWords.Of(Role.Coordinator),
        };
        var to = new Option<string?>("--out") { Description = "the folder to make (default: DIR/NAME)", HelpName = "FOLDER" };
        var days = Days();
        var command = new Command("issue", "Makes a folder with a certificate and its key, to be copied to where it is needed.")
        {
            name, folder, role, to, days,
        };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var called = new CertificateName(
                NodeCommand.NameOf(parsed.GetRequiredValue(name)), RoleWords.Read(parsed.GetRequiredValue(role)));
            var path = parsed.GetRequiredValue(folder);
            using var authority = CertificateAuthority.Open(Path.Combine(path, AuthorityFolder));
            var made = parsed.GetValue(to) ?? Path.Combine(path, called.Name);
            using var certificate = authority.Issue(called, made, LifetimeIn(parsed, days), TimeProvider.System.GetUtcNow());
            using var output = StandardStreams.ForResults();
            Say(output, $"issued      {made}, for {called.Name} ({RoleWords.Of(called.Role)}), until {Day(certificate.NotAfter)}");
            Say(output, $"use it      {Use(called, made)}");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command CreateShow()
    {
        var folder = Folder();
        var command = new Command("show", "Says which certificates a cluster's authority has issued.") { folder };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var authority = CertificateAuthority.Open(Path.Combine(parsed.GetRequiredValue(folder), AuthorityFolder));
            using var output = StandardStreams.ForResults();
            Say(output, $"authority sha256 {authority.Fingerprint}");
            Say(output, string.Create(CultureInfo.InvariantCulture, $"{"name",-24} {"role",-12} {"until",-11} serial"));
            foreach (var certificate in authority.Issued())
            {
                using (certificate)
                {
                    var who = CertificateName.TryRead(certificate);
                    Say(output, string.Create(
                        CultureInfo.InvariantCulture,
                        $"{who?.Name,-24} {(who is null ? "" : RoleWords.Of(who.Role)),-12} {Day(certificate.NotAfter),-11} "
                        + $"{certificate.SerialNumber}"));
                }
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static string Use(CertificateName who, string folder)
    {
        var words = ShellWords.Join([folder]);
        return who.Role switch
        {
            Role.Coordinator => $"backprop node --name {ShellWords.Join([who.Name])} --identity {words} --seed HOST:PORT",
            Role.Node => $"backprop node --name {ShellWords.Join([who.Name])} --roles worker --identity {words} --seed HOST:PORT",
            Role.Worker => $"backprop-worker --coordinator HOST:PORT --identity {words}",
            Role.Operator => $"backprop submit RUN.yaml --node HOST:PORT --identity {words}",
        };
    }

    private static TimeSpan LifetimeIn(ParseResult parsed, Option<int> days) =>
        parsed.GetValue(days) is var count and >= 1 and <= DaysMaximum ? TimeSpan.FromDays(count) : throw new UserException(
            ExitCode.Usage, $"--days takes a number from 1 to {DaysMaximum}.");

    private static Option<string> Folder() => new("--dir")
    {
        Description = "the folder that 'cluster init' made",
        HelpName = "DIR",
        Required = true,
    };

    private static Option<int> Days() => new("--days")
    {
        Description = "how long the certificate is good",
        HelpName = "N",
        DefaultValueFactory = _ => DaysDefault,
    };

    private static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static void Say(Stream output, string line) => output.Write(Encoding.UTF8.GetBytes($"{line}\n"));
}
