using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>An address as people type it: <c>host:port</c>, <c>127.0.0.1:7400</c>, <c>[::1]:7400</c>.</summary>
internal readonly record struct HostPort(string Host, int Port)
{
    /// <summary>The longest name of DNS; the system's resolver takes no longer one.</summary>
    private const int HostMaximum = 253;

    /// <summary>Only this machine can reach it. A name other than localhost is not looked up for this, and counts as reachable.</summary>
    public bool IsLoopback => IsLocalhost || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    private bool IsLocalhost => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an option's value. Port 0, any free one, is for listening.</summary>
    /// <exception cref="UserException">It is no address; the sentence names the option.</exception>
    public static HostPort Parse(string text, string option) => TryParse(text, out var address) ? address : throw new UserException(
        ExitCode.Usage, $"{option} needs HOST:PORT, such as 127.0.0.1:7400 or [::1]:7400; '{text}' is none.");

    /// <summary>Reads an address, or says that it is none.</summary>
    public static bool TryParse(string text, out HostPort address)
    {
        address = default;
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var digits = text[(colon + 1)..];
        if (host.StartsWith('[') && host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out var six)
            && six.AddressFamily == AddressFamily.InterNetworkV6)
        {
            host = host[1..^1];
        }
        else if (host.Length is 0 or > HostMaximum || host.AsSpan().IndexOfAnyExcept(HostCharacters) >= 0)
        {
            return false;
        }

        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
        {
            return false;
        }

        address = new HostPort(host, port);
        return true;
    }

    /// <summary>Looks the host up: at least one address, in the order in which they should be tried.</summary>
    /// <exception cref="UserException">It is not known; the exit code is the caller's.</exception>
    public IPEndPoint[] Resolve(ExitCode unknown = ExitCode.Unreachable)
    {
        var port = Port;
        if (IPAddress.TryParse(Host, out var address))
        {
            return [new IPEndPoint(address, port)];
        }

        if (IsLocalhost)
        {
            return [new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.IPv6Loopback, port)];
        }

        try
        {
            var addresses = Dns.GetHostAddresses(Host);
            if (addresses.Length > 0)
            {
                return Array.ConvertAll(addresses, a => new IPEndPoint(a, port));
            }
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new UserException(unknown, $"The host '{Host}' cannot be found: {Shown.Reason(exception)}; check its name.", exception);
        }

        throw new UserException(unknown, $"The host '{Host}' has no address. Check its name.");
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static System.Buffers.SearchValues<char> HostCharacters { get; } =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_%");
}
