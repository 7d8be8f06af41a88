using System.Net;

namespace Backprop.Coordinator.Diagnostics.Http;

/// <summary>
/// Under which names the pages may be asked for. A web page from elsewhere that points its own name at this machine asks under that
/// name, and is refused; under an address it cannot ask.
/// </summary>
/// <param name="name">The host that the server was told to listen on.</param>
internal sealed class AllowedHosts(string name)
{
    private readonly string _machine = Dns.GetHostName();

    /// <summary>Localhost, the name listened on, this machine's name, and any address.</summary>
    public bool Allows(string host) => Is(host, "localhost") || Is(host, name) || Is(host, _machine) || IPAddress.TryParse(host, out _);

    private static bool Is(string host, string allowed) => host.Equals(allowed, StringComparison.OrdinalIgnoreCase);
}
