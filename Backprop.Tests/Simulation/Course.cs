namespace Backprop.Tests.Simulation;

/// <summary>Brings each thing that happens to the process that it happens to.</summary>
internal sealed class Course(SimulatedWorld world)
{
    /// <summary>Lets something happen that is due, or puts it off until its process goes on.</summary>
    public void Happen(in Happening happening, Due due)
    {
        if (WaitsForItsProcess(in happening, due))
        {
            return;
        }

        switch (happening.Kind)
        {
            case HappeningKind.Join:
                world.Join(isLiar: happening.Flag, happening.Number);
                break;
            case HappeningKind.Restart:
                world.Restart();
                break;
            case HappeningKind.Chaos:
                world.Chaos.Cause();
                break;
            case HappeningKind.Heal:
                world.Heal();
                break;
            case HappeningKind.Story:
                happening.Action!(world);
                break;
            default:
                HappenInProcess(in happening);
                break;
        }
    }

    /// <summary>What happens in the coordinator's process, or in a worker's.</summary>
    private void HappenInProcess(in Happening happening)
    {
        switch (happening.Kind)
        {
            case HappeningKind.Input when !world.IsDown && happening.Number == world.Session:
                world.Coordinator.Deliver(in happening.Input, default);
                break;
            case HappeningKind.CoordinatorBeat when !world.IsDown && happening.Number == world.Session:
                world.Coordinator.Reception.Beat();
                world.Agenda.PlanCoordinatorBeat(world.Session);
                break;
            case HappeningKind.ToCoordinator:
                world.ReachCoordinator(in happening);
                break;
            case HappeningKind.WireFree:
                happening.Connection!.Coordinator!.Outgoing.OnWireFree(happening.Connection);
                break;
            case HappeningKind.ToWorker when happening.Connection!.Worker.IsAlive:
                happening.Connection.Worker.Receive(happening.Connection, in happening.Message);
                break;
            case HappeningKind.Beat when happening.Connection!.Worker.IsAlive:
                happening.Connection.Worker.Beat(happening.Connection);
                break;
            case HappeningKind.Computed:
                happening.Pass!.Finish(happening.Number);
                break;
            case HappeningKind.Connect:
                happening.Worker!.Connect();
                break;
        }
    }

    /// <summary>
    /// What happens to a process that is stopped happens when it goes on, in order.
    /// </summary>
    private bool WaitsForItsProcess(in Happening happening, Due due)
    {
        var until = happening.Kind switch
        {
            HappeningKind.Input or HappeningKind.ToCoordinator or HappeningKind.WireFree or HappeningKind.CoordinatorBeat =>
                world.CoordinatorStoppedUntil,
            HappeningKind.ToWorker or HappeningKind.Beat when happening.Connection!.Worker.IsAlive =>
                happening.Connection.Worker.StoppedUntil,
            HappeningKind.Computed => happening.Pass!.Worker.StoppedUntil,
            HappeningKind.Connect => happening.Worker!.StoppedUntil,
            _ => 0,
        };
        if (until <= world.Now)
        {
            return false;
        }

        world.Agenda.Postpone(in happening, due, until);
        return true;
    }
}
