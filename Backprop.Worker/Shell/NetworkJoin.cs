using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Worker.Shell;

/// <summary>
/// Over a network: asks the addresses that the user named, one after the other, by gRPC; goes where it is sent; opens the link with the
/// ticket that it is given. The channel stays open for the data files.
/// </summary>
internal sealed class NetworkJoin(WorkerOptions options, TimeProvider time) : IJoin
{
    private const int HopsMaximum = 3;
    private static readonly TimeSpan SecureLimit = TimeSpan.FromSeconds(10);
    private CoordinatorChannel? _channel;

    public JoinedLink Enter(Func<JoinRequest> request, CancellationToken stopping)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return Ask(options.Coordinators[i].HostPort, request, stopping);
            }
            catch (Exception problem) when (
                problem is NoCoordinatorException or LinkClosedException or ProtocolException
                && i + 1 < options.Coordinators.Count && !stopping.IsCancellationRequested)
            {
                // The next one may be it.
            }
        }
    }

    public void Dispose() => _channel?.Dispose();

    private JoinedLink Ask(HostPort address, Func<JoinRequest> request, CancellationToken stopping)
    {
        for (var hop = 0; ; hop++)
        {
            RequireTrust(address);
            _channel?.Dispose();
            _channel = new CoordinatorChannel(address, options.Token, options.Identity, time);
            try
            {
                var asked = request();
                var reply = _channel.Join(asked, TimeSpan.FromSeconds(asked.PatienceSeconds) + options.GreetingTimeout, stopping);
                return Open(address, reply, JoinReplyCheck.Check(reply, asked), stopping);
            }
            catch (NoCoordinatorException answer) when (answer.Elsewhere is not null && hop < HopsMaximum)
            {
                address = answer.Elsewhere.Value;
            }
        }
    }

    /// <summary>Without an identity all is in the clear: a token goes elsewhere only where the user has said that it may.</summary>
    private void RequireTrust(HostPort address)
    {
        if (options.Token is not null && options.Identity is null && !options.IsInsecure && !address.IsLoopback)
        {
            throw new UserException(
                ExitCode.Usage,
                $"The token would be sent to {address}, another machine, in the clear; reach it through a tunnel to this machine's "
                + "127.0.0.1, or allow it with --insecure.");
        }
    }

    /// <summary>Knocks, and begins TLS when that is answered.</summary>
    private void Secure(FrameLink link, IdentityFolder identity, JoinReply reply)
    {
        using var limit = time.CreateTimer(_ => link.Close(), null, SecureLimit, Timeout.InfiniteTimeSpan);
        link.Scanner.Limits = FrameLimits.Securing;
        link.Send(FrameKind.Open, new Open { Knock = ByteString.CopyFrom(Knock.Of(reply.Ticket.Span)), Term = reply.Term });
        link.Receive();
        link.Secure(stream => stream.AuthenticateAsClient(Tls.ForClient(identity)));
        link.Scanner.Limits = FrameLimits.Coordinator;
    }

    private JoinedLink Open(HostPort address, JoinReply reply, Liveness liveness, CancellationToken stopping)
    {
        if (reply.LinkPort is < 1 or > ushort.MaxValue || reply.Ticket.IsEmpty)
        {
            throw new ProtocolException($"{address} let this worker in without a ticket, or to port {reply.LinkPort}.");
        }

        var socket = Dialer.Connect(address with { Port = options.LinkPort ?? reply.LinkPort }, time);
        var link = new FrameLink(socket, new FrameScanner(FrameLimits.Coordinator), time);
        try
        {
            if (options.Identity is { } identity)
            {
                Secure(link, identity, reply);
            }

            link.Send(FrameKind.Open, new Open { Ticket = reply.Ticket, Term = reply.Term });
        }
        catch (Exception problem) when (problem is LinkClosedException or ProtocolException)
        {
            link.Dispose();
            throw;
        }

        var channel = _channel!;
        return new JoinedLink(link, reply, liveness, address, (file, into) => channel.Fetch(reply.Worker, file, into, stopping));
    }
}
