using System.Net.Sockets;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>Makes a connection to a coordinator that may not be there yet, or not be known by its name yet.</summary>
internal static class Dialer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Connects.</summary>
    /// <exception cref="LinkClosedException">Nobody answers, in words.</exception>
    public static Socket Connect(LinkAddress address, TimeProvider time)
    {
        try
        {
            return LinkSocket.Connect(address.Resolve(), Patience, time);
        }
        catch (UserException unknown)
        {
            throw new LinkClosedException(unknown.Message, unknown);
        }
    }
}
