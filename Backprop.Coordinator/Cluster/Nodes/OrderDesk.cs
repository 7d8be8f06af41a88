using Akka.Actor;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Takes orders from people: judged by what was proposed so far, answered when a majority has it. On the coordinator's actor's thread.
/// </summary>
/// <param name="book">What was ordered.</param>
/// <param name="nodes">The nodes that are there.</param>
/// <param name="term">The term in which this node coordinates.</param>
internal sealed class OrderDesk(NodeContext node, AgreedBook book, NodeTable nodes, long term)
{
    /// <summary>Takes an order.</summary>
    public void Take(Order order, IActorRef sender)
    {
        try
        {
            var verdict = new OrderJudge(book.Draft, nodes.Names, nodes.RunWorkers).Judge(order);
            void Done()
            {
                if (verdict.Asks is not null)
                {
                    node.Coordination.Run?.RequestCheckpoint();
                }

                node.Log.Said($"ordered: {verdict.Said}");
                sender.Tell(new OrderReply { Term = term, Said = verdict.Said });
            }

            ProposeOr(verdict.Entry, Done, sender);
        }
        catch (UserException refused)
        {
            sender.Tell(refused);
        }
    }

    /// <summary>Takes a run whose data is here.</summary>
    public void Take(Submission submission, IActorRef sender)
    {
        try
        {
            var run = book.Draft.FindSubmission(submission.Id);
            var isAgain = run is not null;
            OrderEntry? entry = null;
            if (run is null)
            {
                OrderJudge.RequirePlace(book.Draft);
                var id = book.Draft.NewId(submission.Name);
                SubmittedFiles.KeepRunFile(node.Folder.RunFileOf(id), submission.RunFile);
                entry = SubmittedFiles.Entry(submission, id, node.Folder);
            }

            var of = run?.Id ?? entry!.Of!;
            void Done()
            {
                if (!isAgain)
                {
                    node.Log.Said($"submitted: {of}");
                }

                var place = book.Agreed.Find(of) is { } queued ? book.Agreed.PlaceOf(queued) : 0;
                sender.Tell(new SubmitReply { Accepted = true, Run = of, Place = place, Again = isAgain, Term = term });
            }

            ProposeOr(entry, Done, sender);
        }
        catch (UserException refused)
        {
            sender.Tell(refused);
        }
    }

    /// <summary>Proposes an entry, if there is one, and does the rest when all that was proposed so far is agreed.</summary>
    private void ProposeOr(OrderEntry? entry, Action done, IActorRef sender)
    {
        void Lost() => sender.Tell(new UserException(
            ExitCode.Unreachable,
            "The node that coordinated ceased to before a majority had it: it is not known whether it was ordered; ask again, or give the "
            + "order again."));
        if (entry is not null)
        {
            book.Propose(entry with { At = node.Time.GetUtcNow() }, done, Lost);
        }
        else
        {
            book.Then(done, Lost);
        }
    }
}
