using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// Takes no more connections than there are places; others wait in the system's backlog. The server's own limit closes them only after they
/// were taken, so that a burst could take every file descriptor for a moment.
/// </summary>
/// <param name="inner">What listens and takes them.</param>
/// <param name="connections">How many places there are.</param>
internal sealed class LimitedTransport(IConnectionListenerFactory inner, int connections) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await inner.BindAsync(endpoint, cancellationToken), connections);

    private sealed class Listener(IConnectionListener inner, int connections) : IConnectionListener
    {
        private readonly SemaphoreSlim _places = new(connections);
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                await _places.WaitAsync(_unbound.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }

            var connection = await inner.AcceptAsync(cancellationToken);
            connection?.ConnectionClosed.Register(() => _places.Release());
            return connection;
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            await inner.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            _unbound.Dispose();
        }
    }
}
