import time,torch
from poseloom.pose.sampler import sample
for n in (512,1024,4096):
    t=time.process_time(); sample(n,seed=0); print(n,time.process_time()-t)
from poseloom.tasks.mesh_recovery.objectives.spin import gaussians_of
p=sample(1024,seed=0).rotations[:,1:22].flatten(1); t=time.process_time(); gaussians_of(p); print('gauss',time.process_time()-t)
