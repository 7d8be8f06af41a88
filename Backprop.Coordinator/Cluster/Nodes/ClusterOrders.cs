using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Orders, as the command line gives them. Each comes back as a sentence when it is in the cluster's record.</summary>
internal sealed class ClusterOrders(ClusterCaller caller)
{
    public Task<string> ScaleAsync(int workers) => GiveAsync(new Order { Scale = workers });

    public Task<string> DrainAsync(string name) => GiveAsync(new Order { Drain = name });

    public Task<string> UndrainAsync(string name) => GiveAsync(new Order { Undrain = name });

    public Task<string> CheckpointAsync() => GiveAsync(new Order { Checkpoint = true });

    public Task<string> PauseAsync() => GiveAsync(new Order { Pause = true });

    public Task<string> ResumeAsync() => GiveAsync(new Order { Resume = true });

    public Task<string> StopAsync(string run) => GiveAsync(new Order { Stop = run });

    private async Task<string> GiveAsync(Order order) =>
        (await caller.AskAsync((client, options) => client.ControlAsync(order, options))).Said;
}
