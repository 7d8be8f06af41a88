using System.Globalization;
using Backprop.Coordinator.Diagnostics;
using Backprop.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>How worker processes of all nodes ended, told once each by who coordinates.</summary>
internal sealed class DeathNews(ILogger log)
{
    private readonly Dictionary<string, long> _heard = [];

    /// <summary>The number of the last death of a node's workers that was heard of.</summary>
    public long HeardOf(string node) => _heard.GetValueOrDefault(node);

    /// <summary>Tells what is new in a node's report.</summary>
    public void Hear(NodeReport report)
    {
        foreach (var death in report.Deaths.Where(death => death.Number > HeardOf(report.Node.Id)))
        {
            var again = death.RestartSeconds >= 0
                ? string.Create(CultureInfo.InvariantCulture, $"; started again in {death.RestartSeconds:0.0} s") : "";
            log.WorkerDied(
                death.Worker, death.Process, death.How, again, death.Said.Length > 0 ? $"; it said last: {death.Said}" : "");
            _heard[report.Node.Id] = death.Number;
        }
    }
}
