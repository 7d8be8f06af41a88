using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>
/// Where a coordinator and its workers meet: a host and port, or a name inside this machine. The latter costs about half as much for
/// each byte as TCP; a training that starts its own workers uses it where there is such a thing (Linux).
/// </summary>
internal readonly record struct LinkAddress
{
    private const string LocalPrefix = "local:";
    private const int LocalNameMaximum = 100;

    // Names that begin so are not files: nothing is left behind, whatever ends the process.
    private const char NotAFile = '\0';

    private LinkAddress(HostPort hostPort, string? localName) => (HostPort, LocalName) = (hostPort, localName);

    /// <summary>The host and port; without meaning where there is a <see cref="LocalName"/>.</summary>
    public HostPort HostPort { get; }

    /// <summary>The name inside this machine; null: a host and port.</summary>
    public string? LocalName { get; }

    /// <summary>Only this machine can reach it.</summary>
    public bool IsLoopback => LocalName is not null || HostPort.IsLoopback;

    /// <summary>A host and port.</summary>
    public static implicit operator LinkAddress(HostPort hostPort) => new(hostPort, null);

    /// <summary>A name that nobody else has, where this system has such names; otherwise any free port of this machine.</summary>
    /// <param name="nonce">Random bytes.</param>
    public static LinkAddress Own(ReadOnlySpan<byte> nonce) => OperatingSystem.IsLinux()
        ? new(default, $"backprop-{Convert.ToHexStringLower(nonce)}")
        : new(new HostPort("127.0.0.1", 0), null);

    /// <summary>Reads an option's value: <c>host:port</c>, or what <see cref="ToString"/> gave of a name.</summary>
    /// <exception cref="UserException">It is neither; the sentence names the option.</exception>
    public static LinkAddress Parse(string text, string option) =>
        text.StartsWith(LocalPrefix, StringComparison.Ordinal) && text.Length <= LocalNameMaximum && OperatingSystem.IsLinux()
            ? new LinkAddress(default, text[LocalPrefix.Length..])
            : HostPort.Parse(text, option);

    /// <summary>Where to listen or to connect, in the order in which they should be tried.</summary>
    /// <exception cref="UserException">The host is not known; the exit code is the caller's.</exception>
    public EndPoint[] Resolve(ExitCode unknown = ExitCode.Unreachable) =>
        LocalName is { } name ? [new UnixDomainSocketEndPoint($"{NotAFile}{name}")] : HostPort.Resolve(unknown);

    /// <summary>The address at which a listening socket is reached.</summary>
    public static LinkAddress Of(Socket listener) => listener.LocalEndPoint switch
    {
        IPEndPoint address => new(new HostPort(address.Address.ToString(), address.Port), null),
        { } local => new(default, local.ToString()!.TrimStart(NotAFile, '@')),
        null => throw new ArgumentException("It does not listen.", nameof(listener)),
    };

    /// <summary>A socket for an address of <see cref="Resolve"/>.</summary>
    public static Socket NewSocket(EndPoint address)
    {
        if (address is not UnixDomainSocketEndPoint)
        {
            return new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        }

        // TCP's buffers grow by themselves; these do not.
        const int BufferBytes = 4 << 20;
        return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            SendBufferSize = BufferBytes,
            ReceiveBufferSize = BufferBytes,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => LocalName is { } name ? LocalPrefix + name : HostPort.ToString();
}
